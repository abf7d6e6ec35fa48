import { escapeUnsafe } from '../domain/text.ts';

/** What hosts act on: mentions, references to issues and requests, and the words that close what they refer to. */
const ACTED_ON = /[@#!$~%&](?=[\p{L}\p{N}_/-])|\b(?:clos|fix|resolv|implement)(?=[a-z]*)|GH-(?=\d)/giu;
/** Shows as nothing, and keeps what is around it apart. */
const NOTHING = '\u200b';

/**
 * Text of any origin as a host shows it and does nothing about it: nobody is mentioned, nothing is closed, and no character moves
 * or hides others. Some hosts look for such words in blocks of code, too.
 */
export const inert = (text: string): string =>
  escapeUnsafe(text, true).replaceAll(ACTED_ON, (found) => found[0] + NOTHING + found.slice(1));

interface Block {
  /** How many bytes of the text are shown. */
  bytes: number;
  /** Where the rest is. */
  more: string;
  /** What each line begins with, where the text has no mark of its own. */
  mark?: string;
  language?: string;
}

/**
 * A block of code with text of any origin in it. The fence is longer than any in the text, and every line begins with a mark, so that
 * none can end it, or be read as a trailer where a host makes a commit message of the page.
 */
export function fenced(text: string, { bytes, more, mark = '  ', language = 'text' }: Block): string {
  const safe = cutTo(inert(text).replaceAll('\t', '  '), bytes, more);
  let longest = 2;
  for (const [run] of safe.matchAll(/[`~]+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  const lines = safe.split('\n').map((line) => `${mark}${line}`.trimEnd());
  return `${fence}${language}\n${lines.join('\n')}\n${fence}`;
}

/** Text cut to so many bytes, with a word about the rest. */
function cutTo(text: string, bytes: number, more: string): string {
  const all = Buffer.byteLength(text);
  if (all <= bytes) return text;
  // A character that was cut in two goes.
  const kept = new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
  return `${kept}\n… ${all - Buffer.byteLength(kept)} more bytes: ${more}`;
}
