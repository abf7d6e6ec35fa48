/** How what `wl setup` puts into a file stands there. */
export type Standing = 'missing' | 'current' | 'stale';

/**
 * What `wl setup` puts into one file, as text; `undefined` is a file that is not there.
 *
 * Law: `take(put(text))` is `text`, byte for byte, where nothing of it was there; `put(put(text))` is `put(text)`; what is not ours stays.
 */
export interface Piece {
  /** @throws Error that says why nothing can be put into this file */
  read(text: string | undefined): Standing;
  /** @throws Error as `read` */
  put(text: string | undefined): string;
  take(text: string): string | undefined;
  /** What of it is ours, for people. */
  shown: string;
}

/** How the first line of a text ends. */
export const eolOf = (text: string): '\n' | '\r\n' => (/\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n');

export const BOM = '\uFEFF';

/** A file of which all is ours. @param mark what no file of anybody else has in it */
export function wholeFile(text: string, mark: string): Piece {
  const read = (whole: string | undefined): Standing => {
    if (whole === undefined) return 'missing';
    if (!whole.includes(mark)) throw new Error('there is a file of that name that wl did not make');
    return whole.replaceAll('\r\n', '\n') === text ? 'current' : 'stale';
  };
  return {
    read,
    put: (whole) => (read(whole) === 'current' ? (whole ?? text) : text),
    take: (whole) => (whole.includes(mark) ? undefined : whole),
    shown: text,
  };
}
