import { BOM, eolOf, type Piece, type Standing } from './piece.ts';

/** How a file writes a comment. */
const COMMENTS = {
  html: (text: string) => `<!-- ${text} -->`,
  hash: (text: string) => `# ${text}`,
} as const;

/** What the file was like before, which the mark remembers: not there, empty, or with a last line that has no end. */
const BEFORE = ['', ', new file', ', empty file', ', no line end'] as const;
type Before = (typeof BEFORE)[number];

interface Found {
  before: Before;
  /** Where the first mark begins, where it ends, where the last one begins, and where it ends. */
  at: readonly [number, number, number, number];
}

/**
 * Text between two marks at the end of a file.
 *
 * @param check throws where the file as a whole would not be what it has to be
 */
export function textBlock(
  comment: keyof typeof COMMENTS,
  text: string,
  check: (whole: string) => void = () => undefined,
): Piece {
  const wrap = COMMENTS[comment];
  const begin = (before: Before): string => wrap(`work-ledger begin${before}: wl setup writes this`);
  const end = wrap('work-ledger end');
  const body = `\n${text.trimEnd()}\n`;

  const find = (whole: string): Found | undefined => {
    for (const before of BEFORE) {
      const mark = begin(before);
      const from = whole.indexOf(mark);
      const to = from < 0 ? -1 : whole.indexOf(end, from);
      if (to >= 0) return { before, at: [from, from + mark.length, to, to + end.length] };
    }
    return undefined;
  };
  const read = (whole: string | undefined): Standing => {
    const found = whole === undefined ? undefined : find(whole);
    if (whole === undefined || found === undefined) return 'missing';
    const [, from, to] = found.at;
    return whole.slice(from, to).replaceAll('\r\n', '\n') === body ? 'current' : 'stale';
  };
  const put = (whole: string | undefined): string => {
    const found = whole === undefined ? undefined : find(whole);
    const eol = eolOf(whole ?? '');
    const inside = body.replaceAll('\n', eol);
    let next: string;
    if (whole !== undefined && found !== undefined) {
      const [, from, to] = found.at;
      next = whole.slice(0, from) + inside + whole.slice(to);
    } else {
      const before = beforeOf(whole);
      next = `${whole ?? ''}${leadOf(before, eol)}${begin(before)}${inside}${end}${eol}`;
    }
    check(next);
    return next;
  };
  const take = (whole: string): string | undefined => {
    const found = find(whole);
    if (found === undefined) return whole;
    const [from, , , to] = found.at;
    const eol = eolOf(whole.slice(from));
    const lead = leadOf(found.before, eol);
    const first = whole.slice(0, from).endsWith(lead) ? from - lead.length : from;
    const rest = whole.slice(0, first) + whole.slice(whole.startsWith(eol, to) ? to + eol.length : to);
    return found.before === ', new file' && rest === '' ? undefined : rest;
  };
  return { read, put, take, shown: text };
}

function beforeOf(whole: string | undefined): Before {
  if (whole === undefined) return ', new file';
  if (whole === '' || whole === BOM) return ', empty file';
  return whole.endsWith('\n') ? '' : ', no line end';
}

/** What parts the block from what is before it. */
const leadOf = (before: Before, eol: string): string =>
  ({ '': eol, ', no line end': eol + eol, ', new file': '', ', empty file': '' })[before];
