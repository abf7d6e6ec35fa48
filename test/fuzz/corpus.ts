import type { SettingsPatch } from '../../src/domain/configure.ts';
import type { Verb, VerbInput } from '../../src/domain/verbs.ts';
import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { Oid } from '../../src/store/port.ts';
import type { Planned } from '../../src/sync/local.ts';
import { preload } from '../simulation/preload.ts';
import { BRANCH } from '../simulation/world/host.ts';
import type { Process } from '../simulation/world/process.ts';
import { World } from '../simulation/world/world.ts';
import { copyOf, type Draft, draftOf, makeCommits } from './draft.ts';
import { FuzzObjects } from './objects.ts';

/** A good ledger, made by the real code: what every case begins with. */
export interface Corpus {
  name: CorpusName;
  objects: FuzzObjects;
  /** The shared branch, oldest first, by first parents. */
  line: readonly Oid[];
  /** The same commits, to be bent. Whoever does, copies. */
  drafts: readonly Draft[];
  /** Drafts of a line that somebody made alone beside the newest commit of `line` up to `fork`. */
  side: readonly Draft[];
  fork: number;
}

export const CORPORA = ['plain', 'policy', 'signed'] as const;
export type CorpusName = (typeof CORPORA)[number];

/** Seconds since 1970: when all cases are judged, an hour after the last good commit at most. */
export const NOW = Date.parse('2026-01-03T12:00:00.000Z') / 1000;

const made = new Map<CorpusName, Promise<Corpus>>();

export function corpusOf(name: CorpusName): Promise<Corpus> {
  const known = made.get(name) ?? makeCorpus(name);
  made.set(name, known);
  return known;
}

const idOf = (n: number): string => `WRK-20260103-${String(n).padStart(4, '0')}`;

class Author {
  readonly #ledger: WorkLedger;
  readonly #world: World;
  readonly #process: Process;

  constructor(ledger: WorkLedger, world: World, process: Process) {
    [this.#ledger, this.#world, this.#process] = [ledger, world, process];
  }

  /** One command in a push of its own, a minute after the last. */
  async say<V extends Verb>(verb: V, actor: string, input: VerbInput[V]): Promise<void> {
    await this.#run([this.#ledger.work.command(verb, input, actor) as Planned]);
  }

  async together(...commands: [Verb, string, object][]): Promise<void> {
    const planned = commands.map(([verb, actor, input]) =>
      this.#ledger.work.command(verb, input as never, actor),
    );
    await this.#run(planned as Planned[], true);
  }

  async configure(
    actor: string,
    patch: SettingsPatch,
    files: { path: string; text: string }[] = [],
  ): Promise<void> {
    const { op, at } = this.#ledger.work.command('comment', { id: idOf(1), body: '' }, actor);
    await this.#run([{ verb: 'configure', patch, files, op, at, actor } as Planned]);
  }

  async #run(planned: readonly Planned[], atomic = false): Promise<void> {
    await this.#world.scheduler.sleep(this.#process, 60_000);
    for (const outcome of await this.#ledger.work.batch(planned, { atomic }))
      if (outcome.kind === 'refused') throw outcome.error;
  }
}

const MEMBERS = ['ada', 'bob', 'cy'];
const POLICY: SettingsPatch = {
  roles: { leads: { members: ['ada', 'lea'] }, workers: { members: MEMBERS } },
  allow: [
    { verbs: ['claim', 'start'], roles: ['workers'] },
    { verbs: ['configure', 'repair', 'acknowledge'], roles: ['leads'] },
  ],
  review: [{ types: ['feature'] }, { labels: ['careful'], approvals: 2 }],
  limits: { owner: { '*': 5 } },
};

async function makeCorpus(name: CorpusName): Promise<Corpus> {
  await preload();
  const world = new World({ seed: 7, instant: true });
  const ada = world.start(world.addClone('ada'));
  let fork = '';
  await world.untilDone(async () => {
    const ledger = await ada.init();
    const author = new Author(ledger, world, ada);
    await liveFirst(author, name);
    fork = world.host.refs.get(BRANCH) ?? '';
    await liveOn(author);
    await ledger.close();
  });
  const tip = world.host.refs.get(BRANCH) ?? '';
  const bob = world.start(world.addClone('bob'));
  await world.untilDone(async () => {
    world.host.force(BRANCH, fork, world.scheduler.time);
    await (await bob.open()).close();
    const ledger = await bob.open({ mode: 'local' });
    await liveBeside(new Author(ledger, world, bob));
    await ledger.close();
  });
  const all = new FuzzObjects(world.objects);
  const lineTo = (from: Oid): Oid[] => {
    const line: Oid[] = [];
    for (let oid: Oid | undefined = from; oid !== undefined; oid = world.objects.parentOf(oid))
      line.unshift(oid);
    return line;
  };
  const [good, beside] = [lineTo(tip), lineTo(bob.clone.refs.get(BRANCH) ?? '')];
  for (const process of world.processes) process.free();
  const at = good.indexOf(fork);
  const drafts: Draft[] = [];
  for (const oid of good) drafts.push(await draftOf(all, oid));
  const side: Draft[] = [];
  for (const oid of beside.slice(at + 1)) side.push(await draftOf(all, oid));
  return finish(name, all, drafts, side, at);
}

/** The same life with a signature at each commit, and the policy that asks for it. */
function finish(name: CorpusName, all: FuzzObjects, drafts: Draft[], side: Draft[], fork: number): Corpus {
  const own = drafts.map(copyOf);
  if (name === 'signed') for (const draft of [...own, ...side]) requireSignature(draft);
  own.forEach((draft, at) => {
    draft.parents = at === 0 ? [] : [at - 1];
  });
  const objects = new FuzzObjects(all);
  const line = makeCommits(objects, own);
  return { name, objects, line, drafts: own, side, fork };
}

/** As if the policy had asked for signatures, which no clone of the simulation makes. */
function requireSignature(draft: Draft): void {
  draft.signer = /^Work-Actor: (.*)$/m.exec(draft.message)?.[1];
  for (const file of draft.files)
    if (file.path === 'ledger.yaml' && file.text?.includes('\nroles:')) file.text += 'signatures: required\n';
  draft.message = draft.message.replace(/^configure ledger.yaml: .*\breview$/m, '$&, signatures');
}

async function liveFirst(author: Author, name: CorpusName): Promise<void> {
  if (name === 'signed') {
    const signers = ['ada', 'bob', 'cy', 'lea'].map((who) => `${who} ${who}`).join('\n');
    await author.configure('ada', {}, [{ path: 'policy/allowed_signers', text: `${signers}\n` }]);
  }
  if (name !== 'plain') await author.configure('ada', POLICY);
  await author.say('create', 'ada', {
    fields: {
      title: 'Sign in',
      description: 'One line.\nAnother: with a colon.',
      labels: ['b', 'a'],
      idempotency_key: 'sign in',
    },
  });
  await author.say('create', 'bob', {
    fields: {
      title: 'Sign out',
      type: 'feature',
      dependencies: [idOf(1)],
      context: { files: ['a.ts'], 10: 1 },
    },
  });
  await author.together(
    ['create', 'ada', { fields: { title: 'A part', parent_id: idOf(2) } }],
    ['create', 'ada', { fields: { title: 'Another part', priority: 'high', scope: ['src/**'] } }],
    ['comment', 'ada', { id: idOf(1), body: 'Two parts.\nMade together.' }],
  );
  await author.say('claim', 'bob', { id: idOf(1), execution_id: 'exec-1' });
  await author.say('checkpoint', 'bob', {
    id: idOf(1),
    checkpoint: { step: 'half', artifacts: ['x'] },
    epoch: 1,
  });
  await author.say('block', 'ada', { id: idOf(3), reason: 'needs the first', blocker_id: idOf(1) });
}

async function liveOn(author: Author): Promise<void> {
  await author.say('complete', 'bob', { id: idOf(1), result: { ok: true, notes: 'two\nlines' }, epoch: 1 });
  await author.configure('ada', { lease_ttl_s: 600 });
  await author.say('claim', 'cy', { id: idOf(3), execution_id: 'exec-2' });
  await author.say('release', 'cy', { id: idOf(3), reason: 'lunch' });
  await author.say('claim', 'cy', { id: idOf(3), execution_id: 'exec-3' });
  await author.say('complete', 'cy', { id: idOf(3), result: {} });
  await author.say('claim', 'cy', { id: idOf(2), execution_id: 'exec-4' });
  await author.say('submit', 'cy', { id: idOf(2), result: { ok: true }, epoch: 1 });
  await author.say('reject', 'ada', { id: idOf(2), reason: 'not yet' });
  await author.say('submit', 'cy', { id: idOf(2), result: { ok: true }, epoch: 1 });
  await author.say('approve', 'ada', { id: idOf(2) });
  await author.configure('ada', {}, [{ path: 'CODEOWNERS', text: '* @lea\n' }]);
  await author.say('create', 'ada', { fields: { title: 'Third' } });
  await author.say('cancel', 'ada', { id: idOf(5) });
  await author.say('delete', 'ada', { id: idOf(5), reason: 'a mistake' });
  await author.together(
    ['claim', 'bob', { id: idOf(4), execution_id: 'exec-5' }],
    ['fail', 'bob', { id: idOf(4), error: 'no space\n' }],
    ['retry', 'bob', { id: idOf(4) }],
  );
  await author.say('update', 'ada', {
    id: idOf(4),
    patch: { labels: { add: ['late'] }, set: { priority: 'low' } },
  });
  await author.say('reopen', 'ada', { id: idOf(1), reason: 'it came back' });
}

/** What somebody does alone, on items that the others leave alone meanwhile. */
async function liveBeside(author: Author): Promise<void> {
  await author.say('comment', 'bob', { id: idOf(4), body: 'I look at this.' });
  await author.say('create', 'bob', { fields: { title: 'Found on the way' }, id: 'WRK-20260103-k3m9x2ab' });
  await author.say('update', 'bob', { id: 'WRK-20260103-k3m9x2ab', patch: { labels: { add: ['found'] } } });
}
