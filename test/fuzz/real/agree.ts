import type { Oid } from '../../../src/store/port.ts';
import { allOf } from '../everything.ts';
import { describe, type Failure } from '../failure.ts';
import { hook } from '../judges.ts';
import type { FuzzObjects } from '../objects.ts';
import { type Case, caseOf, type Plan, planOf } from '../plan.ts';
import { realCase, realCorpus } from './cases.ts';
import { Keys } from './keys.ts';
import { type Asked, Server } from './server.ts';

/** What cases that were really signed, or really pushed, came to. */
export interface Really {
  cases: number;
  /** Pushes that the server took, and that it refused. */
  taken: number;
  refused: number;
  /** Pushes that git itself did not bring there. */
  broken: number;
  /** How often git said what of a signature. */
  states: Map<string, number>;
  failures: Failure[];
}

/** Cases with real signatures: git says what each is worth, and so has the ledger to. */
export async function signReally(first: number, cases: number): Promise<Really> {
  return really(async (server, keys, found) => {
    const corpus = await realCorpus(keys);
    server.put(allOf(corpus));
    for (let seed = first; seed < first + cases; seed += 1) {
      const { plan, bend, made } = await realCase(seed, corpus, keys);
      server.put(broughtBy(made));
      await compareSignatures(server, plan, bend, made, found);
    }
  });
}

/** Cases that are pushed by git to a server with the hook: it says what the judge in memory says. */
export async function pushReally(first: number, cases: number): Promise<Really> {
  return really(async (server, keys, found) => {
    const corpus = await realCorpus(keys);
    server.put(allOf(corpus));
    for (let seed = first; found.cases < cases; seed += 1) {
      if (!isForPushing(planOf(seed))) continue;
      const isSigned = planOf(seed).corpus === 'signed';
      const { plan, made } = isSigned
        ? await realCase(seed, corpus, keys)
        : { plan: planOf(seed), made: await caseOf(planOf(seed)) };
      if (!isSigned) server.put(allOf(made.corpus));
      server.put(broughtBy(made));
      await comparePush(server, plan, made, found);
    }
  });
}

/** Most of what is bent much is refused by everybody; refs beside the branch and local state are met elsewhere. */
const isForPushing = ({ mutations }: Plan): boolean =>
  mutations.length <= 1 && mutations.every(({ kind }) => kind !== 'ref' && kind !== 'local');

async function really(task: (server: Server, keys: Keys, found: Really) => Promise<void>): Promise<Really> {
  const found: Really = { cases: 0, taken: 0, refused: 0, broken: 0, states: new Map(), failures: [] };
  const keys = new Keys();
  const before = process.env.GNUPGHOME;
  process.env.GNUPGHOME = keys.env.GNUPGHOME;
  try {
    const server = await Server.start(keys);
    try {
      await task(server, keys, found);
    } finally {
      server.remove();
    }
    return found;
  } finally {
    keys.remove();
    if (before === undefined) delete process.env.GNUPGHOME;
    else process.env.GNUPGHOME = before;
  }
}

const broughtBy = ({ objects }: Case) => objects.own;

const parentOf = (objects: FuzzObjects, oid: Oid): Oid | undefined =>
  /^parent (\w+)$/m.exec(
    Buffer.from(objects.get(oid)?.bytes ?? [])
      .toString('latin1')
      .split('\n\n')[0] ?? '',
  )?.[1];

const askedOf = ({ objects, commits }: Case): Asked[] =>
  commits.map((oid) => ({ oid, signers: parentOf(objects, oid) }));

async function compareSignatures(
  server: Server,
  plan: Plan,
  bend: string,
  made: Case,
  found: Really,
): Promise<void> {
  const asked = askedOf(made);
  const byGit = server.verdicts(made.objects, asked);
  found.cases += 1;
  const fail = (name: string, text: string): void =>
    void found.failures.push({ name, text: `${bend}: ${text}`, plan });
  try {
    const read = await server.readings(asked);
    for (const [oid, { state, signer, keys }] of byGit) {
      found.states.set(state, (found.states.get(state) ?? 0) + 1);
      const own = read.get(oid);
      if (own?.state !== state) fail(`a signature is read as ${own?.state}, and git says ${state}`, oid);
      else if (state === 'good' && (own.signer ?? '').split(',')[0] !== (signer ?? '').split(',')[0])
        fail('a signature is read as another’s than git says', `${own.signer}, ${signer}`);
      else if (state === 'good' && own.keys[0] !== keys[0])
        fail('a signature is read as of another key than git says', `${own.keys}, ${keys}`);
    }
  } catch (error) {
    fail(`reading signatures throws ${describe(error as Error)}`, String((error as Error).stack));
  }
}

/** What the clock of the judge alone tells: here it is another one. */
const BY_CLOCK = /^clock$/;

async function comparePush(server: Server, plan: Plan, made: Case, found: Really): Promise<void> {
  if (made.tip === made.base) return;
  const asked = askedOf(made);
  const byGit = server.verdicts(made.objects, asked);
  const verdict = await hook(made, async ({ commits }) => {
    const others = commits.filter(({ oid }) => !byGit.has(oid));
    const more = others.length === 0 ? new Map() : server.verdicts(made.objects, others);
    return new Map([...byGit, ...more]);
  });
  const answer = server.push(made.base, made.tip);
  found.cases += 1;
  if (answer.kind === 'taken') found.taken += 1;
  if (answer.kind === 'refused') found.refused += 1;
  if (answer.kind === 'broken') found.broken += 1;
  const [refusal] = verdict.wrong;
  const fail = (name: string, text: string): void => void found.failures.push({ name, text, plan });
  if (verdict.thrown !== undefined) return fail(`the hook throws ${describe(verdict.thrown)}`, '');
  if (answer.kind === 'taken' && refusal !== undefined && !BY_CLOCK.test(refusal.rule))
    fail(`the server takes what the judge in memory refuses: ${refusal.rule}`, refusal.message);
  if (answer.kind === 'refused' && refusal === undefined)
    fail('the server refuses what the judge in memory takes', answer.said);
  if (/internal|TypeError|RangeError|at .*\.ts:/.test(answer.said)) fail('the hook fails', answer.said);
}
