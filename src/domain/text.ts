/** Characters that are kept of a reason, in a commit's trailer and in an item. */
export const REASON_LENGTH = 1000;

/** Control characters, for a set in a pattern: by number, since the tables of Unicode take long to load. */
export const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f';

/** Control characters, line and paragraph separators, and the characters that reorder text on a screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'g');

/** True where `text` can stand on one line and shows on a screen in the order it is stored. */
export function isSafeLine(text: string): boolean {
  return !UNSAFE.test(text) && text.isWellFormed();
}

/**
 * Replaces what a terminal would act on by its `\u….` form, so that text from a ledger cannot move the cursor, hide or
 * reorder anything. Line breaks and tabs stay where `lines` is true.
 */
export function escapeUnsafe(text: string, lines = false): string {
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll(UNSAFE_ALL, (char) =>
    lines && (char === '\n' || char === '\t')
      ? char
      : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text as it is kept: LF line ends, no lone surrogates. */
export function normalizeText(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').toWellFormed();
}

/** Text without slashes at either end. By hand: a pattern that looks for them at the end begins anew at each. */
export function trimSlashes(text: string): string {
  let [from, to] = [0, text.length];
  while (text[from] === '/') from += 1;
  while (to > from && text[to - 1] === '/') to -= 1;
  return text.slice(from, to);
}

/** Makes one safe line of any text: breaks become spaces, other unsafe characters go. Used for foreign titles. */
export function toSafeLine(text: string, maxLength: number): string {
  const line = normalizeText(text)
    .replaceAll(/[\n\t]+/g, ' ')
    .replaceAll(UNSAFE_ALL, '')
    .trim();
  return [...line].length > maxLength ? `${[...line].slice(0, maxLength - 1).join('')}…` : line;
}
