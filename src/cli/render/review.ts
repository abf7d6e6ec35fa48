import type { OpenedRequest, Proposed, Review, ReviewState } from '../../review.ts';
import { type Line, type Span, styled } from './line.ts';

const STYLE = {
  current: 'green',
  stale: 'yellow',
  missing: 'yellow',
  merged: 'dim',
  leftover: 'dim',
} as const satisfies Record<ReviewState, unknown>;

/** A review on one line, in columns. */
export const reviewColumns = ({ id, state, item, findings }: Review): Span[] => [
  styled('id', id),
  styled(STYLE[state], state),
  item?.owner ?? '-',
  [item?.title ?? '-', ...findings.map(({ message }) => message)].join('  # '),
];

export const stateLine = ({ branch, state, findings }: Review): Line => [
  `${branch} is `,
  styled(STYLE[state], state),
  ...findings.map(({ message }) => `: ${message}`),
];

/** What became of a review branch, in words. */
export function proposedLine(proposed: Proposed, remote: string): Line {
  switch (proposed.kind) {
    case 'made':
      return `${proposed.branch} on ${remote} holds its approval, to be merged`;
    case 'rebuilt':
      return `${proposed.branch} on ${remote} was made anew`;
    case 'current':
      return `${proposed.branch} on ${remote} is current`;
    case 'refused':
      return `no review branch: ${proposed.error.message}`;
    default:
      return proposed satisfies never;
  }
}

export function openedLines({ kind, url, base, head, body_file, reason }: OpenedRequest): Line[] {
  if (kind !== 'link') return [`${kind === 'made' ? 'made' : 'it is open already:'} ${url}`];
  return [
    `no pull request was made: ${reason}`,
    url === null
      ? `merge ${head} into ${base} by hand, or make a request where the remote is`
      : `make it here: ${url}`,
    `its text is in ${body_file}`,
  ];
}
