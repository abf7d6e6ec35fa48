import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { listPresence, prunePresence } from '../../../src/agents/presence/list.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { LedgerError } from '../../../src/domain/errors.ts';
import { type GitObject, nameObject } from '../../../src/git/model/object.ts';
import { openLedger, type WorkLedger } from '../../../src/index.ts';
import type { Oid } from '../../../src/store/port.ts';
import { isolatedEnv } from '../../helpers/temp-repo.ts';
import { allOf } from '../everything.ts';
import { describe, type Failure } from '../failure.ts';
import { verify } from '../judges.ts';
import { PlainGit } from '../plain-git.ts';
import { type Case, caseOf, type Plan, planOf } from '../plan.ts';

const BRANCH = 'refs/heads/work-ledger';

/** What clones on a disk met, that reach a remote by git. */
export interface Met {
  cases: number;
  /** Refs that git let somebody push beside the branch. */
  refs: number;
  failures: Failure[];
}

/** Clones that fetch by git what stands beside the branch: tags and look-alike branches among it, which none in memory meets. */
export async function fetchReally(first: number, cases: number): Promise<Met> {
  const met: Met = { cases: 0, refs: 0, failures: [] };
  for (let seed = first; met.cases < cases; seed += 1) {
    const plan = planOf(seed);
    if (!plan.mutations.some(({ kind }) => kind === 'ref') || plan.corpus === 'signed') continue;
    const remote = new PlainGit();
    try {
      await meet(remote, plan, met);
    } finally {
      remote.remove();
    }
    met.cases += 1;
  }
  return met;
}

async function meet(remote: PlainGit, plan: Plan, met: Met): Promise<void> {
  const made = await caseOf(plan);
  remote.put(allOf(made.corpus));
  remote.put(made.objects.own);
  git(remote.dir, ['update-ref', BRANCH, made.base]);
  const dir = join(remote.dir, 'clone');
  git(remote.dir, ['init', '--quiet', dir]);
  git(dir, ['remote', 'add', 'origin', remote.dir]);
  const codes: string[] = [];
  let thrown: Error | undefined;
  const attempt = async <T>(task: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await task();
    } catch (error) {
      if (error instanceof LedgerError) codes.push(error.code);
      else thrown ??= error as Error;
      return undefined;
    }
  };
  const ledger = await attempt(() => openLedger({ dir, actor: 'zoe' }));
  if (ledger === undefined) throw new Error(`the clone was not made: ${codes} ${thrown?.stack}`);
  const wasBroken = moveBranch(remote, made);
  met.refs += plantRefs(remote, made);
  for (const task of tasksOf(ledger)) await attempt(task);
  await ledger.close();
  const { wrong } = await verify(made, 'anew');
  const fail = (name: string, text: string): void => void met.failures.push({ name, text, plan });
  if (thrown !== undefined) fail(`a clone on a disk throws ${describe(thrown)}`, thrown.stack ?? '');
  const stopped = codes.find((code) => code !== 'POLICY_DENIED');
  if (stopped !== undefined && wrong.length === 0 && !wasBroken)
    fail(`what stands beside the branch stops a clone on a disk: ${stopped}`, codes.join(', '));
}

/** @returns true where git does not take the tip */
const moveBranch = (remote: PlainGit, { tip }: Case): boolean => !place(remote, BRANCH, tip);

function tasksOf(ledger: WorkLedger): (() => Promise<unknown>)[] {
  return [
    () => ledger.clone.sync(),
    () => ledger.createWork({ title: 'Mine' }),
    () => ledger.getReadyToStart(),
    () => listPresence(ledger),
    () => prunePresence(ledger),
    () => ledger.clone.status(),
    () => ledger.query.caveats(),
    () => examine(ledger),
    () => ledger.clone.sync(),
  ];
}

/** @returns how many refs git takes of what a case plants */
function plantRefs(remote: PlainGit, { beside, corpus, base, tip, commits, objects }: Case): number {
  const own = new Map<Oid, GitObject>();
  const ground = {
    ...{ base, tip, commits, own: 'k3m9x2ab', now: Math.floor(Date.now() / 1000) },
    line: corpus.line.slice(0, corpus.line.indexOf(base) + 1),
    get: (oid: Oid) => own.get(oid) ?? objects.get(oid),
    add(type: GitObject['type'], bytes: Buffer): Oid {
      const { oid } = nameObject({ type, bytes });
      own.set(oid, { type, bytes });
      return oid;
    },
  };
  const refs = beside.flatMap((planting) => [...planting(ground)]);
  remote.put(own);
  return refs.filter(([ref, oid]) => place(remote, ref, oid)).length;
}

/** As a server takes a ref: all that it leads to has to be there. */
function place({ dir }: PlainGit, ref: string, oid: Oid): boolean {
  const isWhole = run(dir, ['rev-list', '--objects', '--quiet', oid]).status === 0;
  return isWhole && run(dir, ['update-ref', ref, oid]).status === 0;
}

function git(dir: string, args: readonly string[]): void {
  const { status, stderr } = run(dir, args);
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
}

const run = (dir: string, args: readonly string[]) =>
  spawnSync('git', args, { cwd: dir, env: isolatedEnv(), encoding: 'latin1' });
