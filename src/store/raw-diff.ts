import type { Oid, TreeChange } from './port.ts';

const ABSENT = '000000';

/**
 * Reads git's `--raw -z` output, alone or between the commits of `git log --format=%H`: entries begin with a colon and are
 * followed by a path; anything else is the name of the commit whose entries come next.
 */
export function parseRawDiff(
  records: readonly string[],
): { commit: Oid | undefined; changes: TreeChange[] }[] {
  const found: { commit: Oid | undefined; changes: TreeChange[] }[] = [];
  let current: { commit: Oid | undefined; changes: TreeChange[] } | undefined;
  for (let at = 0; at < records.length; at += 1) {
    const record = (records[at] ?? '').replace(/^\n/, '');
    if (!record.startsWith(':')) {
      current = { commit: record, changes: [] };
      found.push(current);
      continue;
    }
    if (current === undefined) {
      current = { commit: undefined, changes: [] };
      found.push(current);
    }
    const [before = '', after = '', oldOid = '', newOid = ''] = record.slice(1).split(' ');
    at += 1;
    current.changes.push({
      path: records[at] ?? '',
      before: before === ABSENT ? undefined : { mode: before, oid: oldOid },
      after: after === ABSENT ? undefined : { mode: after, oid: newOid },
    });
  }
  return found;
}
