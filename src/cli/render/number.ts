/** A count as people write it: `2,069`. By hand, since the language data behind `toLocaleString` takes longer to load than a list. */
export function grouped(count: number): string {
  const digits = String(Math.abs(count));
  const first = digits.length % 3 || 3;
  const groups = [digits.slice(0, first)];
  for (let at = first; at < digits.length; at += 3) groups.push(digits.slice(at, at + 3));
  return (count < 0 ? '-' : '') + groups.join(',');
}
