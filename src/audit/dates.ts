/** A time of git's, in seconds since 1970, for messages; also one that no calendar has. */
export function tellTime(at: number): string {
  const date = new Date(at * 1000);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
