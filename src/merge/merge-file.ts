import { decodeItem } from '../codec/item.ts';
import { parsePath, STATES, stateOf } from '../codec/path.ts';
import { describeProblem } from '../codec/problem.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { mergeItems, type Side } from './merge-items.ts';

/** One file of the ledger as three sides have it. `base` is empty where it did not exist. */
export interface ThreeFiles {
  path: string;
  base: Uint8Array;
  ours: Uint8Array;
  theirs: Uint8Array;
}

export type MergedFile =
  | { kind: 'clean'; bytes: Uint8Array }
  /** `bytes` are both versions, whole, between conflict markers. */
  | { kind: 'conflict'; bytes: Uint8Array; message: string; hint: string };

const HINT =
  'wl resolve shows both sides; wl resolve --replay makes one line of them, wl resolve --ours or --theirs gives one up.';

/**
 * Merges a file that both sides of a merge changed. It is clean only where one side has all that the other did: a merge that
 * is to be legal invents nothing, so each item in it is as on one of its sides.
 *
 * @see docs/format.md, "Merges"
 */
export function mergeFile({ path, base, ours, theirs }: ThreeFiles): MergedFile {
  const place = parsePath(path);
  if (place === undefined) return conflict(ours, theirs, `${path} was changed on both sides`);
  const { id, state } = place;
  const [was, mine, others] = [read(base, id), read(ours, id), read(theirs, id)];
  if (typeof mine === 'string') return conflict(ours, theirs, unreadable(id, 'ours', mine));
  if (typeof others === 'string') return conflict(ours, theirs, unreadable(id, 'theirs', others));
  const before = typeof was === 'string' ? undefined : was;
  const { kind, fields } = mergeItems(before, mine, others);
  if (kind === 'ours' || kind === 'theirs') {
    const side = { ours: { item: mine, bytes: ours }, theirs: { item: others, bytes: theirs } }[kind];
    if (stateOf(side.item.status) === state) return { kind: 'clean', bytes: side.bytes };
  }
  const contested = fields.flatMap(({ key, by }) => (by === 'conflict' ? [key] : []));
  const verdict =
    contested.length === 0
      ? 'They go together, as transitions one after the other; a merge cannot make one.'
      : `They cannot both stand: ${contested.join(', ')}.`;
  const told = [tell('ours', before, mine), tell('theirs', before, others)].join('; ');
  return conflict(ours, theirs, `${id} was changed on both sides. ${told}. ${verdict}`);
}

const unreadable = (id: WorkId, side: Side, why: string): string =>
  `${id} was changed on both sides, and ${side} cannot be read: ${why}`;

/** What a side did, as its file tells it. */
function tell(side: Side, before: WorkItem | undefined, after: WorkItem): string {
  const from = before?.status ?? 'none';
  const status = from === after.status ? after.status : `${from} -> ${after.status}`;
  const owner = after.owner === undefined ? '' : `, owner ${after.owner}`;
  return `${side}: ${status}, rev ${before?.rev ?? 0} -> ${after.rev}${owner}, ${after.updated_at}`;
}

/** @returns the item, or why there is none */
function read(bytes: Uint8Array, id: WorkId): WorkItem | string {
  // Which directory it stood in does not matter here: one side may have moved it.
  const tried = STATES.map((state) => decodeItem(bytes, id, state));
  for (const decoded of tried) if (decoded.kind === 'item') return decoded.item;
  const [first] = tried;
  return first?.kind === 'damaged' ? describeProblem(first.problem) : 'it is no item';
}

function conflict(ours: Uint8Array, theirs: Uint8Array, message: string): MergedFile {
  const parts = ['<<<<<<< ours\n', ended(ours), '=======\n', ended(theirs), '>>>>>>> theirs\n'];
  return {
    kind: 'conflict',
    bytes: Buffer.concat(parts.map((part) => Buffer.from(part))),
    message,
    hint: HINT,
  };
}

const ended = (bytes: Uint8Array): Uint8Array =>
  bytes.at(-1) === 0x0a || bytes.length === 0 ? bytes : Buffer.concat([bytes, Buffer.from('\n')]);
