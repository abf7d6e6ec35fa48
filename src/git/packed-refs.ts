const ENTRY = /^([0-9a-f]{40}) (\S+)$/;

/** The refs that git keeps together in the file `packed-refs`. A ref that has a file of its own is read from there. */
export function parsePackedRefs(text: string): Map<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, oid, ref] = ENTRY.exec(line) ?? [];
    if (oid !== undefined && ref !== undefined) refs.set(ref, oid);
  }
  return refs;
}

/** The value of one ref, without reading the others: a clone can have a hundred thousand. */
export function findPackedRef(text: string, ref: string): string | undefined {
  for (let at = text.indexOf(` ${ref}\n`); at >= 0; at = text.indexOf(` ${ref}\n`, at + 1)) {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at + 1 + ref.length);
    const [, oid, name] = ENTRY.exec(line) ?? [];
    if (name === ref) return oid;
  }
  return undefined;
}

/** The file without `ref`; all other lines stay as they are. A tag's peeled value stands in the line after it. */
export function withoutPackedRef(text: string, ref: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => ENTRY.exec(line)?.[2] === ref);
  if (at < 0) return text;
  lines.splice(at, lines[at + 1]?.startsWith('^') ? 2 : 1);
  return lines.join('\n');
}
