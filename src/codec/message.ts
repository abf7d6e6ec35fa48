// One format, both ways: what writes the message of a commit stands beside what reads it.
import type { GroupPlace, Request, TransitionEvent } from '../domain/commands.ts';
import { isOp, isWorkId, type WorkId } from '../domain/ids.ts';
import { WORK_STATUSES, type WorkStatus } from '../domain/item.ts';
import { isSafeLine, REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import { isActorName, isName, isTime } from '../domain/values.ts';
import { isVerb } from '../domain/verbs.ts';
import { itemPath, possiblePaths, SETTINGS_PATH } from './path.ts';

const NONE = 'none';
const GONE = 'deleted';
/** A trailer of ours as it is written. */
const TRAILER = /^(Work-[A-Z][A-Za-z]*): (\S|\S.*\S)$/;
/** What git's own parser takes for one: in either case, with blanks before the colon. */
const LIKE_TRAILER = /^(work-[a-z0-9-]*)[ \t]*:/i;
/** A line that git takes for more of the one before it, and that is not empty. */
const CONTINUED = /^[ \t]+[^ \t\r]/;
/** What is read as a trailer of ours, and what git takes for the end of a message: a patch's rule, the scissors line. */
const MISREAD = /^work-[a-z0-9-]*[ \t]*:|^---| >8 /i;
const ITEM_LINE = /^Work-Item: (\S+)$/m;
const STATUS_LINE = /^Work-Status: (?:\S+ -> )?(\S+)$/m;
const COUNT = /^[1-9]\d{0,14}$/;

/**
 * The commit message of a transition: a line for people, the title, and trailers that git reads.
 *
 * @see docs/format.md, "Commit"
 */
export function encodeMessage(event: TransitionEvent): string {
  const status = describeChange(event);
  const trailers: [string, string | number | undefined][] = [
    ['Work-Item', event.id],
    ['Work-Verb', event.verb],
    ['Work-Status', status],
    ['Work-Rev', event.rev],
    ['Work-Actor', event.actor],
    ['Work-Op', event.op],
    ['Work-Epoch', event.epoch],
    ['Work-Execution', event.execution_id],
    ['Work-At', event.at],
    ['Work-Reason', event.reason],
    ['Work-Expects', event.if_rev],
    ['Work-Key', event.keyed && `${event.keyed.digest} ${event.keyed.key}`],
    ['Work-Group', event.group && encodePlace(event.group)],
  ];
  const block = trailers.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}: ${value}`);
  return `${event.verb} ${event.id}: ${status}\n\n${asText(event.title)}\n\n${block.join('\n')}\n`;
}

/** Indented, a line can never be read as anything else. */
const asText = (line: string): string => (MISREAD.test(line) ? ` ${line}` : line);

function describeChange({ from, to }: TransitionEvent): string {
  if (from === to && from !== undefined) return from;
  return `${from ?? NONE} -> ${to ?? GONE}`;
}

const PLACE = /^(\S+) ([1-9]\d{0,5})\/([1-9]\d{0,5})$/;

const encodePlace = ({ id, index, size }: GroupPlace): string => `${id} ${index}/${size}`;

const KEYED = /^([0-9a-f]{32}) (.+)$/;
const KEY_LENGTH = 200;

/** The key that a new item takes, and the digest of what was asked for. @returns `undefined` where the message names none, or none that can be read */
export function readKeyed(values: ReadonlyMap<string, string>): TransitionEvent['keyed'] {
  const [, digest = '', key = ''] = KEYED.exec(values.get('Work-Key') ?? '') ?? [];
  return isName(key, KEY_LENGTH) ? { key, digest } : undefined;
}

/** Puts the transition of a message, which is of no group yet, at a place of one. */
export const addPlace = (message: string, place: GroupPlace): string =>
  `${message}Work-Group: ${encodePlace(place)}\n`;

/** @returns `undefined` where the message names none, or none that can be read */
export function readPlace(values: ReadonlyMap<string, string>): GroupPlace | undefined {
  const [, id = '', index, size] = PLACE.exec(values.get('Work-Group') ?? '') ?? [];
  const place = { id, index: Number(index), size: Number(size) };
  return isOp(id) && place.size > 1 && place.index <= place.size ? place : undefined;
}

export interface Trailers {
  values: ReadonlyMap<string, string>;
  /** Keys that occur twice, in whatever form. */
  repeated: readonly string[];
  /** Lines that git takes for a trailer of ours, or for more of one, and that are not written as one. */
  misread: readonly string[];
}

/** A commit is asked about several times in a row, and so are those of a batch. */
const lastRead = new Map<string, Trailers>();
const MOST_KEPT = 300;
/** A longer message is none of a ledger's, and not kept. */
const LONGEST_KEPT = 4_096;

/**
 * Trailers of ours, from every paragraph, since hosts append their own below. What occurs twice is not in the map, nor is what git
 * would read in another way than it is written here: of that, nobody can tell what is meant.
 */
export function readTrailers(message: string): Trailers {
  const known = lastRead.get(message);
  if (known !== undefined) return known;
  const read = parseTrailers(message);
  if (lastRead.size >= MOST_KEPT) lastRead.clear();
  if (message.length <= LONGEST_KEPT) lastRead.set(message, read);
  return read;
}

function parseTrailers(message: string): Trailers {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  const misread: string[] = [];
  /** Keys by how git compares them. */
  const seen = new Map<string, string>();
  let last: string | undefined;
  for (const line of linesOf(message)) {
    const [, written, value] = (isLikeOurs(line) && TRAILER.exec(line)) || [];
    const key = written ?? (isLikeOurs(line) ? LIKE_TRAILER.exec(line)?.[1] : undefined);
    if (key === undefined) {
      if (last !== undefined && CONTINUED.test(line)) {
        misread.push(line);
        values.delete(last);
      }
      last = undefined;
      continue;
    }
    last = seen.get(key.toLowerCase());
    if (last !== undefined) repeated.add(last);
    last ??= key;
    seen.set(key.toLowerCase(), last);
    if (value === undefined || !isSafeLine(value)) {
      misread.push(line);
      values.delete(last);
    } else if (!repeated.has(last)) values.set(key, value);
  }
  for (const key of repeated) values.delete(key);
  return { values, repeated: [...repeated], misread };
}

/** Most lines are none, which the first letter tells. */
const isLikeOurs = (line: string): boolean => line[0] === 'W' || line[0] === 'w';

const linesOf = (message: string): string[] =>
  message.includes('\r') ? message.split(/\r?\n/) : message.split('\n');
const SHOWN = 100;

/** What is wrong with how the trailers are written; `undefined` where nothing is. */
export function describeMisread({ repeated, misread: [line] }: Trailers): string | undefined {
  if (repeated.length > 0) return `${repeated.join(', ')} occurs more than once`;
  return line && `${JSON.stringify(line.slice(0, SHOWN))} is read by git in another way`;
}

/**
 * Seconds since 1970 of the latest that a commit records: when its transition was asked for, or when it was made. What builds on it
 * is made after that.
 */
export function recordedAt(
  { message, committer }: { message: string; committer: { at: number } },
  { values }: Pick<Trailers, 'values'> = readTrailers(message),
): number {
  const at = Date.parse(values.get('Work-At') ?? '');
  return Number.isNaN(at) ? committer.at : Math.max(committer.at, Math.floor(at / 1000));
}

export type DecodedMessage = { kind: 'event'; event: TransitionEvent } | { kind: 'problem'; message: string };

/** Reads back what `encodeMessage` wrote. The title is left empty: the blob has it. */
export function decodeMessage(message: string): DecodedMessage {
  const trailers = readTrailers(message);
  const { values } = trailers;
  const misread = describeMisread(trailers);
  if (misread !== undefined) return { kind: 'problem', message: misread };
  const missing = [
    'Work-Item',
    'Work-Verb',
    'Work-Status',
    'Work-Rev',
    'Work-Actor',
    'Work-Op',
    'Work-At',
  ].filter((key) => !values.has(key));
  if (missing.length > 0) return { kind: 'problem', message: `the message has no ${missing.join(', ')}` };
  const text = (key: string): string => values.get(key) ?? '';
  const verb = text('Work-Verb');
  if (!isVerb(verb)) return { kind: 'problem', message: `${JSON.stringify(verb)} is no verb` };
  const [before = '', after = before, ...more] = text('Work-Status').split(' -> ');
  const from = readStatus(before, NONE);
  const to = readStatus(after, GONE);
  if (from === null || to === null || more.length > 0 || (from ?? to) === undefined) {
    return { kind: 'problem', message: 'Work-Status names no status' };
  }
  const epoch = values.get('Work-Epoch');
  const ifRev = values.get('Work-Expects');
  const invalid = [
    isWorkId(text('Work-Item')) ? '' : 'Work-Item',
    COUNT.test(text('Work-Rev')) ? '' : 'Work-Rev',
    ifRev === undefined || COUNT.test(ifRev) ? '' : 'Work-Expects',
    isActorName(text('Work-Actor')) ? '' : 'Work-Actor',
    isOp(text('Work-Op')) ? '' : 'Work-Op',
    isTime(text('Work-At')) ? '' : 'Work-At',
    epoch === undefined || COUNT.test(epoch) ? '' : 'Work-Epoch',
    values.has('Work-Key') && readKeyed(values) === undefined ? 'Work-Key' : '',
    values.has('Work-Group') && readPlace(values) === undefined ? 'Work-Group' : '',
  ].filter((key) => key !== '');
  if (invalid.length > 0) return { kind: 'problem', message: `${invalid.join(', ')} has no valid value` };
  return {
    kind: 'event',
    event: {
      verb,
      id: text('Work-Item'),
      title: '',
      from,
      to,
      rev: Number(text('Work-Rev')),
      actor: text('Work-Actor'),
      op: text('Work-Op'),
      at: text('Work-At'),
      epoch: epoch === undefined ? undefined : Number(epoch),
      execution_id: values.get('Work-Execution'),
      reason: values.get('Work-Reason'),
      if_rev: ifRev === undefined ? undefined : Number(ifRev),
      keyed: readKeyed(values),
      group: readPlace(values),
    },
  };
}

/**
 * Where the file stands that a transition left, and where others of its item may have stood, by the message alone: to be held against the
 * commit.
 */
export function likelyChange(message: string): { left: string | undefined; gone: string[] } | undefined {
  const [, id = ''] = ITEM_LINE.exec(message) ?? [];
  const [, word = ''] = STATUS_LINE.exec(message) ?? [];
  const status = readStatus(word, GONE);
  if (!isWorkId(id) || status === null) return undefined;
  const left = status && itemPath(id, status);
  return { left, gone: possiblePaths(id).filter((path) => path !== left) };
}

/** `undefined` for the word that stands for no status; `null` where the text is none. */
function readStatus(text: string, absent: string): WorkStatus | undefined | null {
  if (text === absent) return undefined;
  return (WORK_STATUSES as readonly string[]).includes(text) ? (text as WorkStatus) : null;
}

const LEDGER_VERBS = ['init', 'configure', 'repair', 'acknowledge'] as const;
type LedgerVerb = (typeof LEDGER_VERBS)[number];
/** Of a path in a message's first line. */
const NAME_LENGTH = 200;

/** Messages of the commits that are no transition of an item: the root (`init`), a change of settings or of auxiliary files (`configure`), a repair (`repair`), an acknowledgement of findings (`acknowledge`). */
export function encodeInitMessage(ledgerId: string, request: Request): string {
  return `init ledger ${ledgerId}\n\n${trailers('init', request)}`;
}

/**
 * @param keys settings that changed
 * @param paths auxiliary files that were set or removed
 */
export function encodeConfigureMessage(
  keys: readonly string[],
  paths: readonly string[],
  request: Request,
): string {
  const settings = keys.length === 0 ? [] : [`${SETTINGS_PATH}: ${keys.join(', ')}`];
  const files = paths.length === 0 ? [] : [`files: ${paths.toSorted().join(', ')}`];
  return `configure ${[...settings, ...files].join('; ')}\n\n${trailers('configure', request)}`;
}

/** @param what what is repaired: ids, and paths where no item stands; nothing, where trees alone are written anew */
export function encodeRepairMessage(what: readonly string[], why: string, request: Request): string {
  const names = what.map((name) => toSafeLine(name, NAME_LENGTH)).join(', ');
  return `repair ${names === '' ? 'trees' : names}\n\n${asText(toSafeLine(why, REASON_LENGTH))}\n\n${trailers('repair', request)}`;
}

/** What was found wrong with a commit, and is acknowledged: a rule of the audit, and the item that it is about. */
export interface AcknowledgedFinding {
  rule: string;
  id: WorkId | undefined;
}

/** An acknowledgement: which findings, at which commit, and why they may stand. */
export interface Acknowledgement {
  commit: string;
  findings: readonly AcknowledgedFinding[];
  /** One line. */
  reason: string;
}

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const SHORT = 12;
/** A rule of the audit, with what it says more precisely. */
const RULE = /^[a-z]+(:[A-Za-z_-]+)?$/;

export function encodeAcknowledgeMessage(
  { commit, findings, reason }: Acknowledgement,
  request: Request,
): string {
  const names = findings.map(({ rule, id }) => (id === undefined ? rule : `${rule} ${id}`)).join(', ');
  const subject = `acknowledge ${commit.slice(0, SHORT)}: ${names}`;
  const line = toSafeLine(reason, REASON_LENGTH);
  const own = `Work-Reason: ${line}\nWork-Commit: ${commit}\nWork-Findings: ${names}\n`;
  return `${subject}\n\n${asText(line)}\n\n${trailers('acknowledge', request)}${own}`;
}

/** Reads back what `encodeAcknowledgeMessage` wrote; `undefined` where it is none. */
export function decodeAcknowledgement(message: string): Acknowledgement | undefined {
  const { values } = readTrailers(message);
  const [commit = '', names = ''] = [values.get('Work-Commit'), values.get('Work-Findings')];
  const reason = values.get('Work-Reason') ?? '';
  if (values.get('Work-Verb') !== 'acknowledge' || !COMMIT.test(commit) || reason === '') return undefined;
  const findings: AcknowledgedFinding[] = [];
  for (const name of names.split(', ')) {
    const [rule = '', id, ...more] = name.split(' ');
    if (!RULE.test(rule) || more.length > 0 || (id !== undefined && !isWorkId(id))) return undefined;
    findings.push({ rule, id });
  }
  return { commit, findings, reason };
}

function trailers(verb: string, { actor, op, at }: Request): string {
  return `Work-Verb: ${verb}\nWork-Actor: ${actor}\nWork-Op: ${op}\nWork-At: ${at}\n`;
}

/** Reads one of them back; `undefined` where the message is of neither kind. */
export function decodeLedgerMessage(message: string): ({ verb: LedgerVerb } & Request) | undefined {
  const { values } = readTrailers(message);
  const verb = values.get('Work-Verb');
  const [actor, op, at] = [values.get('Work-Actor'), values.get('Work-Op'), values.get('Work-At')];
  const known = LEDGER_VERBS.find((one) => one === verb);
  return known && actor && op && at ? { verb: known, actor, op, at } : undefined;
}
