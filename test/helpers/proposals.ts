import { join } from 'node:path';
import { PULL_REQUEST } from '../../src/domain/verbs/approve.ts';
import type { Verb, VerbInput } from '../../src/domain/verbs.ts';
import { Overlay } from '../../src/domain/view.ts';
import { systemClock, type WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { decideInto, draftOf } from '../../src/sync/draft.ts';
import { Host, type Person, type PullRequest } from './host-buttons.ts';
import { createItems } from './items.ts';
import { type SharedRepo, Template } from './shared-repo.ts';

export const OPENER: Person = { name: 'Opal Opener', email: 'opal@example.invalid' };
export const MERGER: Person = { name: 'Mel Merger', email: 'mel@example.invalid' };
const BUILDER: Person = { name: 'Builder', email: 'builder@example.invalid' };

/** A ledger in which items wait for review, each with a proposal that was pushed two hours ago. */
export interface Review {
  repo: SharedRepo;
  host: Host;
  /** Where everything was made, two hours ago by its clock. */
  ada: WorkLedger;
  /** Two that are in review, one that depends on the first, one that is free. */
  ids: [string, string, string, string];
  prs: [PullRequest, PullRequest];
}

/** So long that a host may break it into lines. */
const TITLE =
  'Something to review: it is told at such a length that no host leaves it on the one line where it was';
const AGO_MS = 7_200_000;
const clock = { ...systemClock, now: () => new Date(Date.now() - AGO_MS) };

/** By how many items more there are. */
const templates = new Map<number, Template<Pick<Review, 'ids' | 'prs'>>>();

/** Bob and cy, who looked before anything happened, have clones in its folder, too: see `onlookers`. */
export async function makeReview({ more = 0 }: { more?: number } = {}): Promise<Review> {
  const template = templates.get(more) ?? new Template((repo) => build(repo, more));
  templates.set(more, template);
  const { repo, value } = await template.copy();
  const ada = await repo.open(join(repo.folder, 'ada'), { clock });
  return { repo, host: await Host.open(repo.folder, repo.bare), ada, ...value };
}

async function build(repo: SharedRepo, more: number): Promise<Pick<Review, 'ids' | 'prs'>> {
  const dir = await repo.clone('ada');
  const ada = await repo.init(dir, { clock });
  const [first = '', second = ''] = await createItems(ada, 2, { title: TITLE });
  const [after = ''] = await createItems(ada, 1, { title: 'Depends', dependencies: [first] });
  const [free = ''] = await createItems(ada, 1 + more, { title: 'Free' });
  for (const id of [first, second]) {
    await does(ada, 'claim', { id, execution_id: `for ${id}` });
    await does(ada, 'submit', { id, result: { done: true } });
  }
  const prs: Review['prs'] = [
    await propose(repo, ada, dir, first, 7),
    await propose(repo, ada, dir, second, 8),
  ];
  const bob = await repo.open(await repo.clone('bob'));
  if (!(await bob.audit.verify()).ok) throw new Error('what was made does not verify');
  await bob.audit.log({ limit: 5 });
  const place = await repo.clone('cy');
  // It joins the ledger first: in mode `local`, nobody is asked for one.
  await repo.open(place);
  const cy = await repo.open(place, { mode: 'local' });
  await does(cy, 'comment', { id: free, body: 'not pushed yet' });
  await cy.audit.log({ limit: 5 });
  return { ids: [first, second, after, free], prs };
}

/** Clones that looked before the button was pressed: one with nothing of its own, one with something not pushed yet. */
export async function onlookers({ repo }: Review): Promise<{ bob: WorkLedger; cy: WorkLedger }> {
  const bob = await repo.open(join(repo.folder, 'bob'));
  return { bob, cy: await repo.open(join(repo.folder, 'cy'), { mode: 'local' }) };
}

/** Makes a transition that must be taken. */
export async function does<V extends Verb>(ledger: WorkLedger, verb: V, input: VerbInput[V]): Promise<void> {
  const [outcome] = await ledger.work.batch([ledger.work.command(verb, input)]);
  if (outcome?.kind !== 'accepted') throw new Error(`${verb} was not taken: ${JSON.stringify(outcome)}`);
}

/** Pushes the approval of an item as a branch of its own, on the tip that this clone has. */
export async function propose(
  repo: SharedRepo,
  ledger: WorkLedger,
  dir: string,
  id: string,
  number: number,
): Promise<PullRequest> {
  const branch = `review/${id}`;
  const { store: open, projection } = connectionOf(ledger);
  const store = await open();
  const command = { ...ledger.work.command('approve', { id }), actor: PULL_REQUEST };
  const base = (await ledger.query.asOf()).tip;
  const decided = await projection.peek(base, (view) => decideInto(new Overlay(view), command));
  const [step] = decided.kind === 'steps' ? decided.steps : [];
  if (step === undefined) throw new Error('there is nothing to approve');
  const drafts = [draftOf(step, BUILDER, connectionOf(ledger).clock.now())];
  const ref = `refs/heads/${branch}`;
  await store.commit({ ref, expected: await store.readRef(ref), base, drafts });
  await repo.git(dir, 'push', '--quiet', '--force', 'origin', `${ref}:${ref}`);
  return { number, branch, title: step.message.split('\n')[0] ?? '', body: step.message, opener: OPENER };
}
