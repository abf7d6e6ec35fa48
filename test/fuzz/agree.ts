import { readTrailers } from '../../src/codec/message.ts';
import type { GitObject } from '../../src/git/model/object.ts';
import type { Oid } from '../../src/store/port.ts';
import { auditByThePage, isUndone } from './by-the-page.ts';
import { unlatin } from './draft.ts';
import { allOf } from './everything.ts';
import { describe, type Fail, type Failure } from './failure.ts';
import { Folder, treeOf } from './folder.ts';
import { fetching, hook, type Pushed, read, type Verdict, verify } from './judges.ts';
import { compareLives } from './lives.ts';
import type { FuzzObjects } from './objects.ts';
import { PlainGit } from './plain-git.ts';
import { caseOf, type Plan } from './plan.ts';
import { readerOf } from './signatures.ts';

/** A case, and what the judges in memory made of it. Plain git is asked about many at once. */
export interface Judged {
  plan: Plan;
  pushed: Pushed;
  /** Commits between the base and the tip, as they are. */
  commits: readonly Oid[];
  /** Objects that the case brings, and is reached by. */
  brought: ReadonlyMap<Oid, GitObject>;
  /** Names that these objects say, also of what is not there. */
  named: ReadonlySet<Oid>;
  isTaken: boolean;
  /** Rules by which it was refused. */
  rules: readonly string[];
  failures: Failure[];
}

/** Rules that only a push can break, and what only a clock tells. */
const OF_PUSHES = /^(?:size|deletion|non-fast-forward|clock|root)$/;

/** Makes a case, and has it judged by the hook, by `verify` and by who reads it. */
export async function judge(plan: Plan): Promise<Judged> {
  const { commits, beside, local, isPushed, ...pushed } = await caseOf(plan);
  const failures: Failure[] = [];
  const fail = (name: string, text: string): void => void failures.push({ name, text, plan });
  const [byHook, byVerify] = [await hook(pushed), await verify(pushed, 'anew')];
  const fromBase = plan.seed % 2 === 0 ? await verify(pushed, 'on') : undefined;
  const byClone = plan.seed % 2 === 1 ? await fetching(pushed) : undefined;
  const verdicts = { hook: byHook, verify: byVerify, 'verify from a commit': fromBase, 'a clone': byClone };
  for (const [who, verdict] of Object.entries(verdicts))
    if (verdict?.thrown !== undefined)
      fail(`${who} throws ${describe(verdict.thrown)}`, verdict.thrown.stack ?? verdict.thrown.message);
  if (failures.length === 0) {
    compareVerdicts(pushed, byHook, byVerify, fail);
    if (fromBase !== undefined) compareFindings(pushed, byVerify, fromBase, fail);
    if (byClone !== undefined) compareArrival(pushed, byVerify, byClone, fail);
  }
  // An index costs as much as all judges.
  if (plan.seed % 4 === 0) await compareReadings(pushed, fail);
  const { brought, named } = reached(pushed.objects, pushed.tip, allOf(pushed.corpus));
  const isTaken = byHook.wrong.length === 0 && byHook.thrown === undefined;
  await compareLives(
    { seed: plan.seed, pushed, met: { commits, beside, local, isPushed }, brought, named },
    byVerify,
    fail,
  );
  const own = commits.filter((oid) => brought.has(oid));
  const byThePage = isTaken ? auditByThePage(pushed.objects, pastOf(pushed), own) : undefined;
  if (byThePage !== undefined)
    fail(`the hook takes what the page refuses: ${byThePage.replace(/ \(.*/, '')}`, byThePage);
  if (isTaken && pushed.corpus.name === 'signed') await checkSigned(pushed, own, fail);
  const rules = [...new Set([...byHook.wrong, ...byVerify.wrong].map(({ rule }) => rule))];
  return { plan, pushed, commits: own, brought, named, isTaken, rules, failures };
}

/** Where signatures are asked for, each commit has one: of its actor, but for what follows by itself, and of anyone known on a merge. */
async function checkSigned({ objects }: Pushed, commits: readonly Oid[], fail: Fail): Promise<void> {
  for (const oid of commits) {
    const { parents, message } = messageOf(objects, oid);
    const isMerge = parents.length > 1;
    if (!asksForSignatures(objects, parents[0])) continue;
    const signers = isMerge ? oid : parents[0];
    const signature = (await readerOf(objects)({ commits: [{ oid, signers }] })).get(oid);
    const [actor, verb] = ['Actor', 'Verb'].map(
      (key) => new RegExp(`^Work-${key}: (.*)$`, 'm').exec(message)?.[1],
    );
    const isRight = signature?.state === 'good' && (isMerge || signature.signer === actor);
    const follows = verb === 'unblock';
    const isPlain = isMerge && parents.some((parent) => treeOf(objects, parent) === treeOf(objects, oid));
    if (!isRight && !follows && !isPlain)
      return fail(`the hook takes what is not signed: ${signature?.state}`, oid);
  }
}

function asksForSignatures(objects: FuzzObjects, commit: Oid | undefined): boolean {
  const root = Folder.read(objects, commit && treeOf(objects, commit));
  const settings = root.lines.find(({ name }) => name === 'ledger.yaml')?.oid ?? '';
  return Buffer.from(objects.get(settings)?.bytes ?? []).includes('\nsignatures: required');
}

const pastOf = ({ corpus: { line }, base }: Pushed): readonly Oid[] => line.slice(0, line.indexOf(base) + 1);

function compareVerdicts({ base, tip }: Pushed, byHook: Verdict, byVerify: Verdict, fail: Fail): void {
  const [refusal] = byHook.wrong;
  const [finding] = byVerify.wrong;
  const forward = tip !== base;
  if (refusal === undefined && finding !== undefined && forward)
    fail(`the hook takes what verify finds: ${finding.rule}`, finding.message);
  if (refusal !== undefined && finding === undefined && !OF_PUSHES.test(refusal.rule))
    fail(`the hook refuses what verify takes: ${refusal.rule}`, refusal.message);
}

function compareFindings({ corpus }: Pushed, byVerify: Verdict, fromBase: Verdict, fail: Fail): void {
  // What later commits show to be wrong of the past, and whether what was found there is what they acknowledge, is known from the root alone.
  const past = new Set(corpus.line);
  const ofCase = ({ wrong }: Verdict): string[] =>
    wrong
      .flatMap(({ rule, commit = '' }) =>
        past.has(commit) || rule === 'acknowledge' ? [] : [`${rule} ${commit}`],
      )
      .sort();
  const [one, other] = [ofCase(byVerify), ofCase(fromBase)];
  const [odd] = [
    ...one.filter((each) => !other.includes(each)),
    ...other.filter((each) => !one.includes(each)),
  ];
  if (odd !== undefined)
    fail(
      `verify finds one thing from the root and another from a commit: ${odd.split(' ')[0]}`,
      `${one} / ${other}`,
    );
}

/** What a clone lets in is right, but for clocks and for what was found in a past that it trusts, of which it cannot tell, and for what was put back as it was. */
function compareArrival(
  { corpus, objects, tip }: Pushed,
  byVerify: Verdict,
  byClone: Verdict,
  fail: Fail,
): void {
  const [doubt] = byClone.wrong;
  const past = new Set(corpus.line);
  const finding = byVerify.wrong.find(
    ({ rule, commit = '' }) =>
      rule !== 'clock' && rule !== 'acknowledge' && !past.has(commit) && !isUndone(objects, tip, commit),
  );
  if (doubt === undefined && finding !== undefined)
    fail(`a clone lets in what verify finds: ${finding.rule}`, finding.message);
  if (doubt !== undefined && byVerify.wrong.length === 0)
    fail(`a clone doubts what verify takes: ${doubt.rule}`, doubt.message);
}

async function compareReadings(pushed: Pushed, fail: Fail): Promise<void> {
  const [anew, on] = [await read(pushed, 'anew'), await read(pushed, 'on')];
  for (const { thrown } of [anew, on])
    if (thrown !== undefined)
      return fail(`a reader throws ${describe(thrown)}`, thrown.stack ?? thrown.message);
  if (anew.items === on.items) return;
  fail('an index that was caught up shows something else', firstDifference(anew.items, on.items));
}

const firstDifference = (a: string, b: string): string => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `${a.slice(Math.max(0, at - 60), at + 60)} / ${b.slice(Math.max(0, at - 60), at + 60)}`;
};

/** What a tip brings beside what was there, as far as it can be followed. */
function reached(
  objects: FuzzObjects,
  tip: Oid,
  there: ReadonlyMap<Oid, GitObject>,
): Pick<Judged, 'brought' | 'named'> {
  const brought = new Map<Oid, GitObject>();
  const named = new Set<Oid>();
  const left = [tip];
  for (let oid = left.pop(); oid !== undefined; oid = left.pop()) {
    if (named.has(oid)) continue;
    named.add(oid);
    const object = there.has(oid) ? undefined : objects.get(oid);
    if (object === undefined) continue;
    brought.set(oid, object);
    if (object.type === 'commit') {
      const [head = ''] = Buffer.from(object.bytes).toString('latin1').split('\n\n');
      for (const [, name = ''] of head.matchAll(/^(?:tree|parent) ([0-9a-f]{40})$/gm)) left.push(name);
    } else if (object.type === 'tree') {
      for (const { mode, oid: name } of Folder.read(objects, oid).lines)
        if (!/^0*160000$/.test(mode)) left.push(name);
    }
  }
  return { brought, named };
}

const OURS = /^work-/i;

/** Has plain git judge many cases at once. @returns what it and the others do not agree on */
export function askGit(cases: readonly Judged[]): Failure[] {
  const git = new PlainGit();
  try {
    const objects = new Map<Oid, GitObject>();
    for (const { brought, pushed } of cases) {
      for (const [oid, object] of brought) objects.set(oid, object);
      for (const [oid, object] of allOf(pushed.corpus)) objects.set(oid, object);
    }
    git.put(objects);
    for (const { pushed } of cases) git.name(pushed.tip);
    git.settle();
    const found = strictly(git, cases);
    // What one case names as a file another may name as a folder, and git says of both that it is wrong.
    const alone = (plan: Plan): Failure[] => askGit(cases.filter((one) => one.plan === plan));
    const confirmed = cases.length === 1 ? found : found.flatMap(({ plan }) => alone(plan));
    return [...confirmed, ...trailers(git, cases)];
  } finally {
    git.remove();
  }
}

/** What git's own check refuses is refused. */
function strictly(git: PlainGit, cases: readonly Judged[]): Failure[] {
  const wrong = git.check();
  return cases.flatMap(({ plan, isTaken, named, brought }) => {
    if (!isTaken) return [];
    const oid = [...named].find(
      (one) => wrong.has(one) && (brought.has(one) || /missing/.test(wrong.get(one) ?? '')),
    );
    const text = wrong.get(oid ?? '') ?? '';
    const id = /: (\w+):/.exec(text)?.[1] ?? text.replaceAll(/[0-9a-f]{40}/g, 'OID');
    return oid === undefined ? [] : [{ name: `the hook takes what git refuses: ${id}`, text, plan }];
  });
}

/** What git reads as a trailer of ours in a commit that was taken, we read as the same; a merge may repeat what it brings in. */
function trailers(git: PlainGit, cases: readonly Judged[]): Failure[] {
  const taken = cases.filter(({ isTaken }) => isTaken);
  const told = git.trailersOf([...new Set(taken.flatMap(({ commits }) => commits))]);
  return taken.flatMap(({ plan, commits, pushed: { objects } }) => {
    for (const oid of commits) {
      const { parents, message } = messageOf(objects, oid);
      const messages =
        parents.length > 1 ? parents.map((parent) => messageOf(objects, parent).message) : [message];
      const readings = messages.map((one) => readTrailers(one).values);
      const odd = told.get(oid)?.find((line) => {
        const [key, value] = partsOf(line);
        return OURS.test(key) && !readings.some((values) => values.get(key) === value);
      });
      if (odd !== undefined) return [{ name: 'git reads a trailer that we do not', text: odd, plan }];
    }
    return [];
  });
}

function partsOf(line: string): [key: string, value: string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), unlatin(line.slice(at + 1).trim())];
}

function messageOf(objects: FuzzObjects, oid: Oid): { parents: string[]; message: string } {
  const bytes = Buffer.from(objects.get(oid)?.bytes ?? []).toString('latin1');
  const end = bytes.indexOf('\n\n');
  const parents = [...bytes.slice(0, end).matchAll(/^parent (\w+)$/gm)].map(([, parent = '']) => parent);
  return { parents, message: unlatin(bytes.slice(end + 2)) };
}
