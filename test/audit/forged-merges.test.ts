import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baseStateAt } from '../../src/audit/base-state.ts';
import { checkPush } from '../../src/audit/check-push.ts';
import type { Signature, SignatureQuery, SignatureReader } from '../../src/audit/signatures.ts';
import { verifyLedger } from '../../src/audit/verify.ts';
import { judgePush } from '../../src/githooks/judge.ts';
import { Projection } from '../../src/projection/projection.ts';
import { IncomingStore } from '../../src/store/incoming.ts';
import { NativeStore } from '../../src/store/native.ts';
import type { Oid } from '../../src/store/port.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, type ForgedFile, readHistory, writeHistory } from './forge.ts';
import { CLOCK } from './forger.ts';
import { FIRST, SECOND } from './honest.ts';
import { BRANCH, makeLedger } from './ledgers.ts';

const NOW = CLOCK.now().getTime() / 1000;
const OWNERS = 'CODEOWNERS';
const SIGNERS = 'policy/allowed_signers';
const FLOW = '.github/workflows/check.yml';
const POLICY = {
  roles: { leads: { members: ['ada'] } },
  allow: [{ verbs: ['configure' as const], roles: ['leads'] }],
};

let folder: TempFolder;
let gitDir: string;
let store: NativeStore;
let incoming: IncomingStore;
let projection: Projection;
/** Commits that stand on what `start` leaves, or on one another as their names say. */
const made = new Map<string, ForgedCommit>();
/** What each line begins with: a root, files beside items, two items. */
let start: ForgedCommit[];

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const { ledger, ...place } = await makeLedger(folder.path, { clock: CLOCK });
  gitDir = place.gitDir;
  store = new NativeStore(gitDir);
  incoming = new IncomingStore(gitDir);
  const lock = { run: async <T>(_name: 'index', task: () => Promise<T>) => task() };
  projection = new Projection({ store: async () => store, lock });
  const names: string[] = ['init'];
  const files = async (name: string, ...of: { path: string; text: string | undefined }[]) => {
    await ledger.admin.configure({}, { files: of });
    names.push(name);
  };
  const owners = (name: string, text: string) => files(name, { path: OWNERS, text });
  const settings = async (name: string, patch: Parameters<typeof ledger.admin.configure>[0]) => {
    await ledger.admin.configure(patch);
    names.push(name);
  };
  await files('beside', { path: OWNERS, text: 'a\n' }, { path: FLOW, text: 'on: push\n' });
  await files('signers', { path: SIGNERS, text: 'ada\nbob\n' });
  for (const name of ['first', 'second']) {
    await ledger.createWork({ title: name });
    names.push(name);
  }
  await owners('owners: b', 'b\n');
  await owners('owners: b, then a', 'a\n');
  await owners('owners: c', 'c\n');
  await owners('owners: c, then b', 'b\n');
  await owners('owners: a again', 'a\n');
  await files('policy: x', { path: 'policy/x', text: 'x\n' });
  await files('policy: none', { path: 'policy/x', text: undefined });
  await files('policy: X', { path: 'policy/X', text: 'x\n' });
  await files('policy: nothing', { path: 'policy/X', text: undefined });
  await files('flow: off', { path: FLOW, text: 'on: []\n' });
  await files('without bob', { path: SIGNERS, text: 'ada\n' });
  await files('without ada', { path: SIGNERS, text: 'bob\n' });
  await files('with eve', { path: SIGNERS, text: 'ada\nbob\neve\n' });
  await settings('attempts: 9', { max_attempts: 9 });
  await settings('attempts: 9, then 3', { max_attempts: 3 });
  await settings('lease: 600', { lease_ttl_s: 600 });
  await settings('lease: 600, then 3600', { lease_ttl_s: 3600 });
  for (const [name, id] of [
    ['note', FIRST],
    ['other note', SECOND],
  ] as const) {
    await ledger.work.comment(id, name);
    names.push(name);
  }
  await settings('policy', POLICY);
  await settings('policy for bob', { roles: { leads: { members: ['ada', 'bob'] } } });
  await settings('policy as before', { roles: POLICY.roles });
  await settings('signatures', { signatures: 'required' });
  await ledger.close();
  const history = await readHistory(gitDir);
  history.forEach((commit, index) => {
    made.set(names[index] ?? '', { ...commit, author: 'ada' });
  });
  expect([...made.keys()]).toEqual(names);
  start = history.slice(0, 5);
});
afterAll(async () => {
  projection.close();
  incoming.close();
  await store.close();
  await folder.cleanup();
});

/** Lines of history by name. The first is on the server when the rest is pushed. */
class Lines {
  readonly commits: ForgedCommit[];
  readonly #places = new Map<string, number>();
  #pushed = 0;

  constructor(...begin: string[]) {
    this.commits = [...start, ...begin.map((name) => the(name))];
    this.mark('start');
  }

  /** A line that goes on from another, or from a commit of `start`. */
  line(name: string, on: string | number, ...steps: string[]): this {
    let parent = this.place(on);
    for (const step of steps) {
      this.commits.push({ ...the(step), parents: [parent] });
      parent = this.commits.length - 1;
    }
    this.#places.set(name, parent);
    return this;
  }

  /** Everything so far is on the server. */
  pushed(): this {
    this.#pushed = this.commits.length;
    return this;
  }

  merge(name: string, parents: readonly (string | number)[], ...files: readonly ForgedFile[]): this {
    return this.mergeSaying('Merge\n', name, parents, ...files);
  }

  mergeSaying(
    message: string,
    name: string,
    parents: readonly (string | number)[],
    ...files: readonly ForgedFile[]
  ): this {
    const places = parents.map((one) => this.place(one));
    this.commits.push({ message, author: 'eve', at: NOW, files, parents: places });
    return this.mark(name);
  }

  mark(name: string): this {
    this.#places.set(name, this.commits.length - 1);
    return this;
  }

  place(on: string | number): number {
    const place = typeof on === 'number' ? on : this.#places.get(on);
    if (place === undefined) throw new Error(`there is no line ${on}`);
    return place;
  }

  /** What verify finds, and the rule by which the hook refuses the push. `signer` tells who signed the commit at a place. */
  async judged(signer?: (place: number) => string | undefined): Promise<Judged> {
    const now = await writeHistory(gitDir, this.commits);
    const oids = await this.#named(now);
    const who = new Map(oids.map((oid, place) => [oid, signer?.(place)]));
    const signatures = signer && signedBy(who);
    const { findings } = await verifyLedger(store, now, { signatures });
    const baseState = await baseStateAt(oids[this.#pushed - 1] ?? '', projection, incoming);
    const refusal = await checkPush({ incoming, baseState, tip: now, now: NOW, signatures });
    // Each is found where it came in: in the last merge alone.
    for (const { commit } of findings) expect(commit).toBe(now);
    return { found: findings.map(({ rule }) => rule), refused: refusal?.rule };
  }

  /** The names of the commits, from the last one's: each is an ancestor of it. */
  async #named(last: Oid): Promise<Oid[]> {
    const oids: Oid[] = [];
    oids[this.commits.length - 1] = last;
    for (let place = this.commits.length - 1; place > 0; place -= 1) {
      const { parents } = await incoming.readCommit(oids[place] ?? '');
      for (const [index, parent] of (this.commits[place]?.parents ?? [place - 1]).entries())
        oids[parent] = parents[index] ?? '';
    }
    return oids;
  }
}

/** A signature by whoever is named in the ledger’s own file has a known key. */
function signedBy(who: ReadonlyMap<Oid, string | undefined>): SignatureReader {
  const signatureOf = async ({ oid, signers }: SignatureQuery['commits'][number]): Promise<Signature> => {
    const signer = who.get(oid);
    if (signer === undefined) return { state: 'none', signer: null, keys: [] };
    const file = signers === undefined ? undefined : await incoming.find(signers, SIGNERS);
    const blob = file === undefined ? undefined : (await store.readBlobs([file], 1_000)).get(file);
    const names = blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString().split('\n') : [];
    const state = names.includes(signer) ? 'good' : 'unknown_key';
    return { state, signer, keys: [`SHA256:${signer}`] };
  };
  return async ({ commits }) =>
    new Map(await Promise.all(commits.map(async (one) => [one.oid, await signatureOf(one)] as const)));
}

function the(name: string): ForgedCommit {
  const commit = made.get(name);
  if (commit === undefined) throw new Error(`there is no ${name}`);
  return commit;
}
/** The files that a step left. */
const left = (...names: string[]): ForgedFile[] => names.flatMap((name) => [...the(name).files]);

interface Judged {
  found: string[];
  refused: string | undefined;
}
const FINE: Judged = { found: [], refused: undefined };
const REFUSED: Judged = { found: ['merge'], refused: 'merge' };

describe('given a merge of the tip with one of its ancestors', () => {
  it.each<[string, string, string]>([
    ['the settings', 'attempts: 9', 'init'],
    ['the policy', 'policy', 'init'],
    ['whose keys are whose', 'without bob', 'signers'],
    ['who owns what', 'owners: b', 'beside'],
    ['a workflow', 'flow: off', 'beside'],
    ['an item', 'note', 'first'],
  ])('when it takes %s from there, then it is refused and found', async (_what, step, old) => {
    const [file] = the(step).files;
    const then = left(old).filter(({ path }) => path === file?.path);
    expect(then).toHaveLength(1);
    const lines = new Lines().line('tip', 'start', step).pushed();
    expect(await lines.merge('all', ['tip', 'start'], ...then).judged()).toEqual(REFUSED);
  });

  it('when it takes away what came since, then it is refused; with the tip as it is, it is taken', async () => {
    const lines = () => new Lines().line('tip', 'start', 'note').pushed();
    const gone = { path: FLOW, text: undefined };
    expect(await lines().merge('all', ['tip', 0], gone).judged()).toEqual(REFUSED);
    expect(
      await lines()
        .merge('all', [0, 'tip'], ...left('beside', 'signers', 'first', 'second', 'note'))
        .judged(),
    ).toEqual(FINE);
    expect(await lines().merge('all', ['tip', 0]).judged()).toEqual(FINE);
  });
});

it('given two lines that set names which some systems take for one, when they are merged, then that is refused and found', async () => {
  const lines = new Lines().line('ours', 'start', 'policy: x').pushed().line('theirs', 'start', 'policy: X');
  const found = 'tree:sameName';
  expect(await lines.merge('all', ['ours', 'theirs'], ...left('policy: X')).judged()).toEqual({
    found: [found],
    refused: found,
  });
});

describe('given a merge whose message tells of a transition', () => {
  const said = (...messages: string[]): Promise<Judged> =>
    new Lines()
      .line('tip', 'start', 'note')
      .pushed()
      .mergeSaying(`Merge branch\n\n${messages.join('\n')}`, 'all', ['tip', 0])
      .judged();

  it('when that is of a commit that it brings in, as some hosts repeat it, then it is taken', async () => {
    expect(await said(the('note').message)).toEqual(FINE);
  });

  it.each<[string, () => string[]]>([
    ['another one', () => [the('other note').message]],
    ['two', () => [the('note').message, the('note').message]],
    ['a part of one', () => ['Work-Verb: approve\n']],
    ['one that only git reads', () => ['work-verb : approve\n']],
    ['one, in which git reads more', () => [`${the('note').message}work-actor: lea\n`]],
  ])('when it is %s, then it is refused and found', async (_what, messages) => {
    expect(await said(...messages())).toEqual(REFUSED);
  });
});

describe('given two lines', () => {
  it.each<[string, string, string]>([
    ['files beside items', 'owners: b', 'flow: off'],
    ['settings', 'attempts: 9', 'owners: b'],
    ['an item', 'note', 'attempts: 9'],
  ])(
    'when one alone touched %s, then it stands as there, and nothing else is taken',
    async (_what, one, other) => {
      const lines = () => new Lines().line('ours', 'start', one).pushed().line('theirs', 'start', other);
      expect(
        await lines()
          .merge('all', ['ours', 'theirs'], ...left(other))
          .judged(),
      ).toEqual(FINE);
      expect(
        await lines()
          .merge('all', ['theirs', 'ours'], ...left(one))
          .judged(),
      ).toEqual(FINE);
      expect(await lines().merge('all', ['ours', 'theirs']).judged()).toEqual(REFUSED);
      expect(await lines().merge('all', ['theirs', 'ours']).judged()).toEqual(REFUSED);
    },
  );

  it.each<[string, boolean, string[]]>([
    ['changed it', false, ['owners: c']],
    ['changed it twice', false, ['owners: c', 'owners: c, then b']],
    ['put it back as well', true, ['owners: c', 'owners: a again']],
  ])(
    'when one changed a file and put it back, and the other %s, then it is merged only where they agree',
    async (_what, agree, steps) => {
      const lines = () =>
        new Lines()
          .line('ours', 'start', 'owners: b', 'owners: b, then a')
          .pushed()
          .line('theirs', 'start', 'flow: off', ...steps);
      const verdict = agree ? FINE : REFUSED;
      expect(
        await lines()
          .merge('all', ['ours', 'theirs'], ...left('flow: off'))
          .judged(),
      ).toEqual(verdict);
      expect(await lines().merge('all', ['theirs', 'ours']).judged()).toEqual(verdict);
    },
  );

  it('when both changed the settings, then a merge of both, or of either, is refused', async () => {
    const lines = () =>
      new Lines().line('ours', 'start', 'attempts: 9').pushed().line('theirs', 'start', 'lease: 600');
    const both = left('lease: 600').map((file) => ({
      ...file,
      text: String(file.text).replace('max_attempts: 3', 'max_attempts: 9'),
    }));
    for (const files of [[], left('lease: 600'), both])
      expect(
        await lines()
          .merge('all', ['ours', 'theirs'], ...files)
          .judged(),
      ).toEqual(REFUSED);
  });

  it('when one changed the policy and took that back, then what the other did is decided again, and not merged', async () => {
    const lines = new Lines('policy').line('ours', 'start', 'policy for bob', 'policy as before').pushed();
    lines.line('theirs', 'start', 'note').merge('all', ['ours', 'theirs'], ...left('note'));
    expect(await lines.judged()).toEqual(REFUSED);
  });

  it('when they met crosswise before, then what was touched since decides', async () => {
    const lines = () => {
      const both = new Lines()
        .line('a', 'start', 'owners: b')
        .line('b', 'start', 'note')
        .merge('a1', ['a', 'b'], ...left('note'))
        .merge('b1', ['b', 'a'], ...left('owners: b'))
        .line('ours', 'a1', 'flow: off')
        .pushed();
      return both.line('theirs', 'b1', 'attempts: 9', 'attempts: 9, then 3');
    };
    const since = left('flow: off');
    expect(await lines().merge('all', ['ours', 'theirs']).judged()).toEqual(FINE);
    expect(
      await lines()
        .merge('all', ['theirs', 'ours'], ...since)
        .judged(),
    ).toEqual(FINE);
    expect(await lines().merge('all', ['theirs', 'ours']).judged()).toEqual(REFUSED);
    const back = left('beside').filter(({ path }) => path === OWNERS);
    expect(
      await lines()
        .merge('all', ['theirs', 'ours'], ...since, ...back)
        .judged(),
    ).toEqual(REFUSED);
    const item = left('first').filter(({ path }) => path.endsWith('.yaml'));
    expect(
      await lines()
        .merge('all', ['ours', 'theirs'], ...item)
        .judged(),
    ).toEqual(REFUSED);
  });
});

describe('given a merge of several lines', () => {
  const lines = () =>
    new Lines()
      .line('ours', 'start', 'owners: b')
      .pushed()
      .line('more', 'start', 'note')
      .line('most', 'more', 'flow: off', 'attempts: 9')
      .line('least', 'start', 'other note');
  const all = ['flow: off', 'attempts: 9', 'note', 'other note'];

  it('when each file is as the line that went furthest has it, then it is taken', async () => {
    const files = left(...all);
    expect(
      await lines()
        .merge('all', ['ours', 'more', 'most', 'least'], ...files)
        .judged(),
    ).toEqual(FINE);
  });

  it.each(all.map((one) => [one]))('when %s is left out, then it is refused', async (one) => {
    const files = left(...all.filter((other) => other !== one));
    const parents = ['ours', 'more', 'most', 'least'];
    expect(
      await lines()
        .merge('all', parents, ...files)
        .judged(),
    ).toEqual(REFUSED);
  });

  it('when it has more parents than people merge at once, then it is refused', async () => {
    const many = new Lines().line('ours', 'start', 'note').pushed();
    const sides = Array.from({ length: 16 }, (_side, index) => `side ${index}`);
    for (const [index, side] of sides.entries()) {
      many.line(side, 'start', 'owners: b');
      const last = many.commits.pop();
      if (last !== undefined) many.commits.push({ ...last, message: `side ${index}\n` });
    }
    const now = await writeHistory(
      gitDir,
      many.merge('all', ['ours', ...sides], ...left('owners: b')).commits,
    );
    const old = await writeHistory(gitDir, many.commits.slice(0, start.length + 1));
    expect(await judgePush(gitDir, [{ ref: BRANCH, old, now }], NOW)).toMatchObject({ rule: 'size' });
    const { findings } = await verifyLedger(store, now);
    expect(findings.filter(({ commit }) => commit === now)).toMatchObject([
      { rule: 'merge', message: 'it has 17 parents; 16 are allowed' },
    ]);
  });
});

describe('given signatures that are required', () => {
  const signing =
    (others: Readonly<Record<number, string | undefined>>) =>
    (place: number): string | undefined =>
      place in others ? others[place] : 'ada';
  const required = () => new Lines('policy', 'signatures');
  const lines = (ours: string, theirs: string) => {
    const two = required().line('ours', 'start', ours).pushed();
    return two.line('theirs', 'start', theirs);
  };
  /** Where the merge stands: after the policy, and a commit of each side. */
  const MERGE = 9;

  it.each<[string, string | undefined, string | undefined]>([
    ['is not signed', undefined, 'signature:none'],
    ['is signed with an unknown key', 'eve', 'signature:unknown_key'],
    ['is signed with any known key', 'bob', undefined],
  ])('when a merge of two lines %s, then that decides', async (_what, who, rule) => {
    const merged = lines('note', 'other note').merge('all', ['ours', 'theirs'], ...left('other note'));
    const found = rule === undefined ? [] : [rule];
    expect(await merged.judged(signing({ [MERGE]: who }))).toEqual({ found, refused: rule });
  });

  it('when a merge leaves the tree of one parent, then it needs no signature', async () => {
    const merged = required().line('ours', 'start', 'note').pushed().line('theirs', 'ours', 'other note');
    merged.merge('all', ['ours', 'theirs'], ...left('other note'));
    expect(await merged.judged(signing({ [MERGE]: undefined }))).toEqual(FINE);
  });

  it.each([
    ['without ada', 'note'],
    ['note', 'without ada'],
  ])(
    '%s, beside %s: when a key was revoked on one side, then it does not sign on the other',
    async (ours, theirs) => {
      const merged = lines(ours, theirs).merge('all', ['ours', 'theirs'], ...left(theirs));
      const rule = 'signature:revoked';
      expect(await merged.judged(signing({ [MERGE]: 'bob' }))).toEqual({ found: [rule], refused: rule });
    },
  );

  it('when a key was revoked on one side, then it does not sign the merge', async () => {
    const merged = lines('note', 'without bob').merge('all', ['ours', 'theirs'], ...left('without bob'));
    const unknown = { found: ['signature:unknown_key'], refused: 'signature:unknown_key' };
    expect(await merged.judged(signing({ [MERGE]: 'bob' }))).toEqual(unknown);
  });

  it('when a key was added on one side, then what the other did stands, and who has it may merge', async () => {
    const merged = lines('with eve', 'note').merge('all', ['theirs', 'ours'], ...left('with eve'));
    expect(await merged.judged(signing({ [MERGE]: 'eve' }))).toEqual(FINE);
  });
});
