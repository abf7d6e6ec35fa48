/**
 * True where `text` is as `pattern` says, `*` standing for any characters, also none. Linear in both but for retries from the
 * last `*`: no pattern takes long on a name.
 */
export function matches(pattern: string, text: string): boolean {
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
