import type { OptionSpec } from '../command.ts';
import { columns, type Line, SHORT_COMMIT, type Span, styled } from '../render/line.ts';

type FindingLine = { commit: string; rule: string; id?: string | null | undefined; message: string };
type AcknowledgedFinding = FindingLine & { by: { commit: string; actor: string; reason: string } };

/** What a check of commits came to. */
export interface Checked {
  /** What checked them: `wl verify`. */
  by: string;
  /** What is said where nothing was found; `undefined` where something was. */
  verdict: string | undefined;
  findings: readonly FindingLine[];
  /** What was found and is acknowledged. */
  acknowledged?: readonly AcknowledgedFinding[];
  /** What a person is told besides. */
  more?: readonly Line[];
}

/** A way to print findings. */
interface FindingsFormat {
  help: string;
  render(checked: Checked): readonly Line[];
}

export const FINDINGS_FORMATS = {
  text: {
    help: 'text',
    render: ({ verdict, findings, acknowledged = [], more = [] }) => [
      ...(verdict === undefined
        ? columns(
            findings.map(({ commit, rule, id, message }): Span[] => [
              styled('dim', commit.slice(0, SHORT_COMMIT)),
              styled('red', rule),
              styled('bold', id ?? '-'),
              message,
            ]),
          )
        : [[styled('green', 'ok'), `: ${verdict}`]]),
      ...columns(
        acknowledged.map(({ commit, rule, id, by }): Span[] => [
          styled('dim', commit.slice(0, SHORT_COMMIT)),
          styled('dim', rule),
          styled('bold', id ?? '-'),
          answeredBy(by),
        ]),
      ),
      ...more,
    ],
  },
  github: {
    help: 'github: one annotation for each finding',
    render: ({ by, findings, acknowledged = [] }) => [
      ...findings.map(({ commit, rule, id, message }) =>
        annotationOf('error', `${by} ${rule}`, `${commit.slice(0, SHORT_COMMIT)} ${id ?? '-'}: ${message}`),
      ),
      ...acknowledged.map(({ commit, rule, id, by: who }) => {
        const text = `${commit.slice(0, SHORT_COMMIT)} ${id ?? '-'}: ${answeredBy(who)}`;
        return annotationOf('notice', `${by} ${rule}`, text);
      }),
    ],
  },
} as const satisfies Record<string, FindingsFormat>;

export const FINDINGS_FORMAT = {
  kind: 'text',
  flags: '--format <format>',
  help: `${Object.values(FINDINGS_FORMATS)
    .map(({ help }) => help)
    .join(', or ')} (default: text)`,
} as const satisfies OptionSpec;

const answeredBy = ({ commit, actor, reason }: AcknowledgedFinding['by']): string =>
  `acknowledged by ${actor} in ${commit.slice(0, SHORT_COMMIT)}: ${reason}`;

/** A finding as a runner of GitHub shows it beside the change. */
const annotationOf = (kind: 'error' | 'notice', title: string, text: string): string =>
  `::${kind} title=${escapeProperty(title)}::${escapeData(text)}`;

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
