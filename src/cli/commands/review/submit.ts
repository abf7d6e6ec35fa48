import type { WorkLedger } from '../../../index.ts';
import type { OpenedRequest, Proposed } from '../../../review.ts';
import type { Cli } from '../../cli.ts';
import { command, FENCE, flag, ID, list, type Reply } from '../../command.ts';
import { readMap, readText } from '../../input.ts';
import type { Line } from '../../render/line.ts';
import { openedLines, proposedLine } from '../../render/review.ts';
import { onItems } from '../../transition.ts';

export const submitCommand = command({
  summary: 'propose held work as completed, for someone else to accept',
  details:
    'The item is then in review. On the remote, review/ID holds one commit, its approval, for a host to merge; docs/review.md tells how. Without a remote, or with --offline, there is no branch.',
  args: [ID],
  options: {
    result: list(
      '--result <entry>',
      'KEY=VALUE, a JSON object, @FILE with one, or - for standard input (repeatable)',
    ),
    open: flag('--open', 'make the pull request as well; see: wl review open'),
    no_branch: flag('--no-branch', 'make no review branch, where people approve by wl review approve alone'),
    ...FENCE,
  },
  examples: ['wl submit 0001 --result commit=4f2c1d9', 'wl submit 0001 --result @result.json --open'],
  run: async ({ args, options, cli }) => {
    const typed = await Promise.all(
      options.result.map((entry) => (entry === '-' ? readText(entry, cli.world) : entry)),
    );
    const result = typed.length === 0 ? undefined : await readMap(typed, '--result');
    const ledger = await cli.open();
    const reply = await onItems(
      cli,
      'submit',
      args,
      (_, id) => ledger.work.submit(id, { result, ...cli.fence(options) }),
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
  },
});

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
  if (ledger.clone.remote === null)
    return { ...NONE, lines: [`there is no remote, so no review branch: wl review approve ${id}`] };
  if (where !== 'remote')
    return { ...NONE, lines: [`no review branch yet; after wl sync: wl review refresh ${id}`] };
  const { findReview, openRequest, proposeReview } = await import('../../../review.ts');
  let made = NONE;
  try {
    const proposal = await cli.busy('proposing', () => proposeReview(ledger, id));
    const lines = [proposedLine(proposal, ledger.clone.remote.name)];
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
