import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { proposeReview } from '../../src/review.ts';
import { makeSharedRepo, type SharedRepo, Template, type Transport } from './shared-repo.ts';

/** Ada did some work, which is in review; bob may approve it. A third clone, on plain git, is the host's. */
export interface ReviewPlace {
  repo: SharedRepo;
  ada: WorkLedger;
  bob: WorkLedger;
  /** A clone's folder, for plain git. */
  host: string;
  id: string;
  /** Blocked on the work. */
  waiting: string;
  /** Depends on the work. */
  dependent: string;
  branch: string;
}

interface Made {
  id: string;
  waiting: string;
  dependent: string;
}
const templates = { proposed: new Template(makeProposal), submitted: new Template(makeSubmission) };

/** @param proposed whether the branch is there, too */
export async function makeReview(transport: Transport = 'file', proposed = true): Promise<ReviewPlace> {
  const { repo, value } =
    transport === 'file'
      ? await templates[proposed ? 'proposed' : 'submitted'].copy()
      : await makeOverHttp(proposed);
  const at = (name: string): string => join(repo.folder, name);
  const [ada, bob] = [await repo.open(at('ada')), await repo.open(at('bob'))];
  return { repo, ada, bob, host: at('host'), ...value, branch: `review/${value.id}` };
}

async function makeOverHttp(proposed: boolean): Promise<{ repo: SharedRepo; value: Made }> {
  const repo = await makeSharedRepo('http');
  return { repo, value: await (proposed ? makeProposal : makeSubmission)(repo) };
}

async function makeSubmission(repo: SharedRepo): Promise<Made> {
  const { made } = await submit(repo);
  for (const name of ['bob', 'host']) await repo.clone(name);
  return made;
}

async function makeProposal(repo: SharedRepo): Promise<Made> {
  const { ada, made } = await submit(repo);
  await proposeReview(ada, made.id);
  for (const name of ['bob', 'host']) await repo.clone(name);
  return made;
}

async function submit(repo: SharedRepo): Promise<{ ada: WorkLedger; made: Made }> {
  const ada = await repo.init(await repo.clone('ada'));
  const { id } = await ada.createWork({ title: 'Sign users in', description: 'With tokens.' });
  const { id: waiting } = await ada.createWork({ title: 'Waiting' });
  const { id: dependent } = await ada.createWork({ title: 'Dependent', dependencies: [id] });
  itemOf(await ada.blockWork(waiting, { reason: 'needs it', blocker_id: id }));
  itemOf(await ada.claimWork(id));
  itemOf(await ada.work.submit(id, { result: { tests: 12 } }));
  return { ada, made: { id, waiting, dependent } };
}

/** Merges the review branch as a host does, and takes it away. */
export async function mergeOnHost(
  { repo, host, branch }: ReviewPlace,
  how: readonly string[],
): Promise<void> {
  await repo.git(host, 'fetch', '--quiet', 'origin');
  await repo.git(host, 'checkout', '--quiet', '-B', 'work-ledger', 'origin/work-ledger');
  await repo.git(host, 'merge', '--quiet', ...how, `origin/${branch}`);
  await repo.git(host, 'push', '--quiet', 'origin', 'work-ledger', `:${branch}`);
}

/** Puts something else on the review branch, with plain git. */
export async function forgeBranch(
  { repo, host, branch }: ReviewPlace,
  forge: (git: (...args: string[]) => Promise<string>) => Promise<void>,
  onto = branch,
): Promise<void> {
  await repo.git(host, 'fetch', '--quiet', 'origin');
  await repo.git(host, 'checkout', '--quiet', '-B', 'forged', `origin/${branch}`);
  await forge((...args) => repo.git(host, ...args));
  await repo.git(host, 'push', '--quiet', '--force', 'origin', `forged:refs/heads/${onto}`);
}

/** Writes a file into the host's clone, and stages it. */
export async function stage({ repo, host }: ReviewPlace, path: string, text: string): Promise<void> {
  await writeFile(join(host, path), text);
  await repo.git(host, 'add', '--all');
}

/** Where the item's file stands once it is completed. */
export const completedPath = (id: string): string =>
  `completed/${id.slice(4, 8)}-${id.slice(8, 10)}/x${id.slice(-2)}/${id}.yaml`;
