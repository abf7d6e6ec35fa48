/** More characters than a name or a pattern of one has: nothing longer is like anything. */
const LONGEST = 1_000;

/**
 * True where `text` is as `pattern` says, `*` standing for any characters, also none. It goes back to the last `*` alone, so
 * that it takes at most as many steps as the product of both lengths.
 */
export function matches(pattern: string, text: string): boolean {
  if (pattern.length > LONGEST || text.length > LONGEST) return false;
  let [at, from, star, retry] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = from++;
      retry = at;
    } else if (pattern[from] === text[at]) {
      from += 1;
      at += 1;
    } else if (star >= 0) {
      from = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}
