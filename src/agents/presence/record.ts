import { isWorkId, type WorkId } from '../../domain/ids.ts';
import { toSafeLine } from '../../domain/text.ts';
import { CLONE_NAME, isActorName, isLine, isName, isTime } from '../../domain/values.ts';

/** An execution that runs, as its holder lists it. */
export interface ListedExecution {
  /** The item. */
  id: WorkId;
  execution_id: string;
  epoch: number;
  since: string;
  /** What it is at, in one line; `undefined` where it did not say. */
  step?: string;
}

/** What one session of an agent says of itself. It claims nothing: it is a sign of life, and for people to read. */
export interface PresenceRecord {
  schema: 1;
  agent: string;
  session: string;
  host: string;
  pid: number;
  program: string;
  /** The name of the clone that it runs in; an older version does not say. */
  clone?: string | undefined;
  /** One higher with each sign. */
  seq: number;
  /** By the clock of the one who says so; nothing is decided by it. */
  at: string;
  executions: ListedExecution[];
}

export type ReadPresence = { kind: 'read'; record: PresenceRecord } | { kind: 'damaged'; reason: string };

const LINE = 200;
/** Of one session; more than fits into `MAX_PRESENCE_BYTES` there cannot be then. */
export const MAX_EXECUTIONS = 500;
/** A larger file is not read. */
export const MAX_PRESENCE_BYTES = 1024 * 1024;

/** Any text as one safe line that a record can hold; `undefined` where nothing is left of it. */
export const lineOf = (text: string): string | undefined => toSafeLine(text, LINE) || undefined;

/** The message of the commit that holds it: keys in one order, so that the same record is the same text. */
export function encodePresence(record: PresenceRecord): string {
  const { schema, agent, session, host, pid, program, clone, seq, at } = record;
  const executions = record.executions.map(({ id, execution_id, epoch, since, step }) => ({
    id,
    execution_id,
    epoch,
    since,
    step,
  }));
  const json = JSON.stringify({ schema, agent, session, host, pid, program, clone, seq, at, executions });
  return `presence: ${agent}\n\n${json}\n`;
}

/**
 * Reads a git object that anyone may have made. Keys that are not known are left out.
 *
 * The record stands in the commit's message and not in a file, so that reading it needs no tree: of a few objects someone
 * could make one that never ends.
 */
export function decodePresence(object: Uint8Array): ReadPresence {
  let value: unknown;
  try {
    const [header = '', , ...json] = new TextDecoder('utf-8', { fatal: true }).decode(object).split('\n\n');
    if (!/^tree [0-9a-f]{40}\n/.test(header)) return { kind: 'damaged', reason: 'it is no commit' };
    value = JSON.parse(json.join('\n\n'));
  } catch {
    return { kind: 'damaged', reason: 'its message is not JSON' };
  }
  const { schema, agent, session, host, pid, program, clone, seq, at, executions } = toMap(value);
  if (schema !== 1) return { kind: 'damaged', reason: 'its schema is not one that this version knows' };
  if (!isText(agent) || !isActorName(agent)) return wrong('agent');
  if (!isText(session) || !/^[0-9a-z]{8}$/.test(session)) return wrong('session');
  if (!isText(host) || !isLine(host, LINE)) return wrong('host');
  if (!isCount(pid)) return wrong('pid');
  if (!isText(program) || !isLine(program, LINE)) return wrong('program');
  if (clone !== undefined && (!isText(clone) || !CLONE_NAME.test(clone))) return wrong('clone');
  if (!isCount(seq)) return wrong('seq');
  if (!isText(at) || !isTime(at)) return wrong('at');
  if (!Array.isArray(executions) || executions.length > MAX_EXECUTIONS) return wrong('executions');
  const listed = executions.map(readExecution);
  if (listed.includes(undefined)) return wrong('executions');
  const whole = listed.filter((one) => one !== undefined);
  return {
    kind: 'read',
    record: {
      schema,
      agent,
      session,
      host,
      pid,
      program,
      ...(clone === undefined ? {} : { clone }),
      seq,
      at,
      executions: whole,
    },
  };
}

function readExecution(value: unknown): ListedExecution | undefined {
  const { id, execution_id, epoch, since, step } = toMap(value);
  if (!isText(id) || !isWorkId(id) || !isText(execution_id) || !isName(execution_id, LINE)) return undefined;
  if (!isCount(epoch) || !isText(since) || !isTime(since)) return undefined;
  if (step === undefined) return { id, execution_id, epoch, since };
  return isText(step) && isLine(step, LINE) ? { id, execution_id, epoch, since, step } : undefined;
}

const wrong = (key: string): ReadPresence => ({
  kind: 'damaged',
  reason: `${key} is missing, or not as it has to be`,
});
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;
const toMap = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** A whole name, with git's `.lock` behind it, has to fit into the name of a file. */
const LONGEST_AGENT = 160;
const KEPT = 120;
const PLAIN = /[a-z0-9_-]/;
const NAME = /^(?<agent>(?:[a-z0-9_-]|%[0-9a-f]{2})+)\.(?<session>[0-9a-z]{8})$/;

/** One session of an agent, as the ref that it overwrites is named. */
export interface PresenceName {
  /** The agent's name as a ref has it: what `encodeAgent` gives. */
  agent: string;
  /** Drawn at random by each process, so that two of one name do not meet. */
  session: string;
}

export const presenceName = (agent: string, session: string): string => `${encodeAgent(agent)}.${session}`;

/** @returns `undefined` for a name that this program does not give */
export function readPresenceName(name: string): PresenceName | undefined {
  const { agent = '', session = '' } = NAME.exec(name)?.groups ?? {};
  return agent === '' ? undefined : { agent, session };
}

/**
 * Any actor's name as one part of a ref: small letters, digits, `_` and `-` as they are, every other byte of its UTF-8 as
 * `%2f`. So names differ also where a file system takes capitals for small letters, none is another's folder, and none is
 * special to git. A long one is cut, and a hash of the whole takes the place of the rest.
 */
export function encodeAgent(agent: string): string {
  const encoded = [...Buffer.from(agent)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return PLAIN.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  if (encoded.length <= LONGEST_AGENT) return encoded;
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(agent).digest('hex');
  return `${encoded.slice(0, KEPT).replace(/%[0-9a-f]?$/, '')}-${hash.slice(0, 32)}`;
}
