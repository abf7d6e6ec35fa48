import type { OptionSpec } from '../command.ts';
import { columns, type Line, SHORT_COMMIT, type Span, styled } from '../render/line.ts';

/** What a check of commits came to. */
export interface Checked {
  /** What checked them: `wl verify`. */
  by: string;
  /** What is said where nothing was found; `undefined` where something was. */
  verdict: string | undefined;
  findings: readonly { commit: string; rule: string; id?: string | null | undefined; message: string }[];
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
    render: ({ verdict, findings, more = [] }) => [
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
      ...more,
    ],
  },
  github: {
    help: 'github: one annotation for each finding',
    render: ({ by, findings }) =>
      findings.map(({ commit, rule, id, message }) =>
        annotationOf(`${by} ${rule}`, `${commit.slice(0, SHORT_COMMIT)} ${id ?? '-'}: ${message}`),
      ),
  },
} as const satisfies Record<string, FindingsFormat>;

export const FINDINGS_FORMAT = {
  kind: 'text',
  flags: '--format <format>',
  help: `${Object.values(FINDINGS_FORMATS)
    .map(({ help }) => help)
    .join(', or ')} (default: text)`,
} as const satisfies OptionSpec;

/** A finding as a runner of GitHub shows it beside the change. */
const annotationOf = (title: string, text: string): string =>
  `::error title=${escapeProperty(title)}::${escapeData(text)}`;

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
