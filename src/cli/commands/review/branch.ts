import { ANY_HOST, ANY_PROGRAM } from '../../../hosts/list.ts';
import { LedgerError } from '../../../index.ts';
import { resolveIds, resolveOne } from '../../../operations/ids.ts';
import { pickFormat } from '../../../operations/typed.ts';
import type { CheckedReview } from '../../../review.ts';
import { command, ID, IDS, text } from '../../command.ts';
import { FINDINGS_FORMAT, FINDINGS_FORMATS } from '../../formats/findings.ts';
import { SHORT_COMMIT } from '../../render/line.ts';
import { openedLines, proposedLine } from '../../render/review.ts';
import { clearUp } from './decide.ts';

export const reviewOpenCommand = command({
  summary: 'make the pull request of a review branch, or tell where to make it',
  details: `Uses ${ANY_PROGRAM} where it is installed and fits the host of the remote, which git config ledger.host names where its address does not tell: ${ANY_HOST}. Else it writes the text to a file and prints the link.`,
  args: [ID],
  examples: ['wl review open 0001', 'wl review open 0001 --json'],
  run: async ({ args: [typed = ''], cli }) => {
    const ledger = await cli.open();
    const { findReview, openRequest } = await import('../../../review.ts');
    const id = await resolveOne(ledger, typed, 'approve');
    const review = await cli.busy('looking at the review branch', () => findReview(ledger, id));
    const opened = await cli.busy('making the request', () => openRequest(ledger, review, cli.world.env));
    return { kind: 'request', data: { id, ...opened }, lines: openedLines(opened), ids: [opened.url ?? id] };
  },
});

export const reviewRefreshCommand = command({
  summary: 'make review branches anew where they do not propose the item as it stands',
  args: [IDS],
  examples: ['wl review refresh 0001', 'wl review refresh 0001 0002'],
  run: async ({ args, cli }) => {
    const ledger = await cli.open();
    const { proposeReview } = await import('../../../review.ts');
    const ids = await resolveIds(ledger, args, 'approve');
    const results = await cli.busy('proposing', async () => {
      const found = [];
      for (const id of ids) found.push(await proposeReview(ledger, id));
      return found;
    });
    await clearUp(cli, ledger);
    const remote = ledger.clone.remote?.name ?? '';
    return {
      kind: 'proposals',
      data: results.map((one) => (one.kind === 'refused' ? { kind: one.kind, id: one.id } : one)),
      lines: results.filter(({ kind }) => kind !== 'refused').map((one) => proposedLine(one, remote)),
      ids: results.map(({ id }) => id),
      where: 'remote',
      failures: results.flatMap((one) => (one.kind === 'refused' ? [one.error] : [])),
    };
  },
});

export const reviewCheckCommand = command({
  summary: 'check a review branch before it is merged; for the CI of a host',
  details:
    'That it is one commit, the approval of the item that its branch is named after and nothing else, legal where it was made, and of the same effect on the base as it is now. Asks no remote and moves no ref; a shallow clone is refused.',
  options: {
    base: text('--base <ref>', 'what it is to be merged into (default: the ledger on the remote)'),
    head: text('--head <ref>', 'the commit that is to be merged (default: HEAD)'),
    branch: text('--branch <name>', 'the name of its branch, which tells the item: review/ID'),
    format: FINDINGS_FORMAT,
  },
  examples: [
    'wl review check --base origin/work-ledger --head HEAD --branch review/WRK-20260103-0001',
    'wl review check --format github',
  ],
  run: async ({ options, cli }) => {
    const { base, head, branch } = options;
    const format = pickFormat(FINDINGS_FORMATS, options.format ?? 'text');
    const { checkReview } = await import('../../../review.ts');
    const now = Math.floor(cli.clock.now().getTime() / 1000);
    const { dir } = cli.openOptions;
    const checked = await cli.busy('checking', () => checkReview({ dir, base, head, branch, now }));
    return {
      kind: 'review_check',
      data: checked,
      lines: format.render({
        by: 'wl review check',
        verdict: checked.ok ? verdictOf(checked) : undefined,
        findings: checked.findings.map((found) => ({ ...found, commit: checked.head, id: checked.id })),
      }),
      ids: checked.id === null ? [] : [checked.id],
      failures: checked.ok ? [] : [refusal(checked)],
    };
  },
});

const verdictOf = ({ id, base, head }: CheckedReview): string =>
  `${head.slice(0, SHORT_COMMIT)} approves ${id}, and nothing else, on ${base.slice(0, SHORT_COMMIT)}`;

const refusal = ({ id, findings }: CheckedReview): LedgerError =>
  new LedgerError('VERIFICATION_FAILED', `${findings[0]?.message ?? 'It cannot be merged'}.`, {
    hint: `It is not to be merged. To make it anew: wl review refresh ${id ?? 'ID'}`,
    details: { id, findings },
  });
