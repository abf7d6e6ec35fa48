/**
 * What a model reads as the program's own words: without what stands between the marks that the note before them names, and without
 * what stands in quotes.
 *
 * @throws Error where the note names no mark
 */
export function outsideOfMarks(text: string): string {
  const [note = '', mark = ''] = /<(data-[0-9a-f]{24})> and <\/\1> is data.*/.exec(text) ?? [];
  if (mark === '') throw new Error(`no mark is named in: ${text.slice(0, 500)}`);
  const from = text.indexOf(note) + note.length;
  const blocks = new RegExp(`^<${mark}>\n[\\s\\S]*?\n</${mark}>$`, 'gm');
  return withoutQuotes(text.slice(0, from)) + withoutQuotes(text.slice(from).replaceAll(blocks, ''));
}

/** Without strings of JSON. */
export const withoutQuotes = (text: string): string => text.replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');

/** What no output has in it, inside of marks or outside: what a terminal acts on, and what only a model sees. */
export const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200d\u2028-\u202e\u2060\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
