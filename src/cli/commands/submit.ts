import type { WorkLedger } from '../../index.ts';
import type { OpenedRequest, Proposed } from '../../review.ts';
import type { Cli } from '../cli.ts';
import type { Run } from '../command.ts';
import { readMap, readText } from '../input.ts';
import type { Line } from '../render/line.ts';
import { openedLines, proposedLine } from '../render/review.ts';
import type { Reply } from '../reply.ts';
import type { submitOptions } from '../table/review.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof submitOptions> = async ({ args, options, cli }) => {
  const typed = await Promise.all(
    options.result.map((entry) => (entry === '-' ? readText(entry, cli.world) : entry)),
  );
  const result = typed.length === 0 ? undefined : await readMap(typed, '--result');
  const ledger = await cli.open();
  const reply = await onItems(
    cli,
    'submit',
    args,
    (_, id) => ledger.submitForReview(id, { result, ...cli.fence(options) }),
    ({ id }) => `submitted ${id}`,
  );
  const [id] = reply.ids ?? [];
  if (id === undefined || reply.data === undefined) return reply;
  const {
    lines,
    failures = [],
    ...branch
  } = options.no_branch ? NONE : await propose(cli, ledger, id, options.open, reply.where);
  return {
    ...reply,
    kind: 'submitted',
    data: { item: reply.data, ...branch },
    lines: [...reply.lines, ...lines],
    failures: [...(reply.failures ?? []), ...failures],
  };
};

interface Branch {
  /** What became of the review branch; `null` where there is none. */
  proposal: Exclude<Proposed, { kind: 'refused' }> | null;
  request: OpenedRequest | null;
  lines: readonly Line[];
  failures?: readonly unknown[];
}
const NONE: Branch = { proposal: null, request: null, lines: [] };

async function propose(
  cli: Cli,
  ledger: WorkLedger,
  id: string,
  opens: boolean,
  where: Reply['where'],
): Promise<Branch> {
  if (ledger.remote === null)
    return { ...NONE, lines: [`there is no remote, so no review branch: wl review approve ${id}`] };
  if (where !== 'remote')
    return { ...NONE, lines: [`no review branch yet; after wl sync: wl review refresh ${id}`] };
  const { findReview, openRequest, proposeReview } = await import('../../review.ts');
  let made = NONE;
  try {
    const proposal = await cli.busy('proposing', () => proposeReview(ledger, id));
    const lines = [proposedLine(proposal, ledger.remote.name)];
    if (proposal.kind === 'refused') return { ...NONE, lines };
    made = { ...NONE, proposal, lines };
    if (!opens) return made;
    const review = await findReview(ledger, id);
    const request = await cli.busy('making the request', () => openRequest(ledger, review, cli.world.env));
    return { ...made, request, lines: [...lines, ...openedLines(request)] };
  } catch (failure) {
    // The transition took place, which is what is printed; the rest can be made later.
    const later =
      made.proposal === null
        ? `no review branch yet: wl review refresh ${id}`
        : `later: wl review open ${id}`;
    return { ...made, lines: [...made.lines, later], failures: [failure] };
  }
}
