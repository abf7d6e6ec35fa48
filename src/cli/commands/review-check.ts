import { LedgerError } from '../../index.ts';
import type { CheckedReview } from '../../review.ts';
import { annotationOf } from '../annotation.ts';
import type { Run } from '../command.ts';
import { oneOf } from '../input.ts';
import { columns, type Line, styled } from '../render/line.ts';
import type { checkOptions } from '../table/review.ts';

const FORMATS = ['text', 'github'] as const;
const SHORT_COMMIT = 10;

export const run: Run<typeof checkOptions> = async ({ options, cli }) => {
  const { base, head, branch } = options;
  const format = options.format === undefined ? 'text' : oneOf(options.format, FORMATS, '--format');
  const { checkReview } = await import('../../review.ts');
  const now = Math.floor(cli.clock.now().getTime() / 1000);
  const { dir } = cli.openOptions;
  const checked = await cli.busy('checking', () => checkReview({ dir, base, head, branch, now }));
  return {
    kind: 'review_check',
    data: checked,
    lines: format === 'github' ? annotations(checked) : verdict(checked),
    ids: checked.id === null ? [] : [checked.id],
    failures: checked.ok ? [] : [refusal(checked)],
  };
};

function verdict({ ok, id, base, head, findings }: CheckedReview): Line[] {
  if (ok)
    return [
      [
        styled('green', 'ok'),
        `: ${head.slice(0, SHORT_COMMIT)} approves ${id}, and nothing else, on ${base.slice(0, SHORT_COMMIT)}`,
      ],
    ];
  return columns(
    findings.map(({ rule, message }) => [
      styled('dim', head.slice(0, SHORT_COMMIT)),
      styled('red', rule),
      styled('bold', id ?? '-'),
      message,
    ]),
  );
}

const annotations = ({ head, id, findings }: CheckedReview): Line[] =>
  findings.map(({ rule, message }) =>
    annotationOf(`wl review check ${rule}`, `${head.slice(0, SHORT_COMMIT)} ${id ?? '-'}: ${message}`),
  );

const refusal = ({ id, findings }: CheckedReview): LedgerError =>
  new LedgerError('VERIFICATION_FAILED', `${findings[0]?.message ?? 'It cannot be merged'}.`, {
    hint: `It is not to be merged. To make it anew: wl review refresh ${id ?? 'ID'}`,
    details: { id, findings },
  });
