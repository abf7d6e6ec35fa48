import { isLedgerError, LedgerError, type LedgerErrorOptions } from '../domain/errors.ts';
import type { PlainGroup, Told, Work } from './leader.ts';
import type { Group, Progress } from './local.ts';

// What the processes of one clone write to each other.

/** A larger one is not handed on: whoever asks that much waits for its own turn. */
const LARGEST = 256 * 1024;

/**
 * @param at the date when it is handed over, in milliseconds: processes have no other clock in common
 * @returns `undefined` for what cannot be handed on
 */
export function encodeWork(work: Work, at: number): string | undefined {
  if (work.kind !== 'write') return JSON.stringify({ ...work, at });
  if (!isPlain(work.group)) return undefined;
  const { commands, atomic, provisional } = work.group;
  const text = JSON.stringify({ kind: work.kind, group: { commands, atomic, provisional }, at });
  return text.length <= LARGEST ? text : undefined;
}

/** Requests are this program's own, in a folder of the clone that only its user writes. */
export function decodeWork(text: string, isWithdrawn: () => boolean): { work: Work; at: number } {
  const { at, ...work } = JSON.parse(text) as Work & { at: number };
  const progress: Progress = { stage: 'waiting', signal: undefined, isWithdrawn };
  return { work: work.kind === 'write' ? { ...work, group: { ...work.group, progress } } : work, at };
}

const isPlain = (group: Group): group is PlainGroup =>
  group.commands.every((command) => typeof command !== 'function');

export type Reply = { told: Told } | { failure: unknown };

export const encodeReply = (reply: Reply): string =>
  JSON.stringify(reply, (_, value: unknown) => (value instanceof Error ? { $error: flatten(value) } : value));

export const decodeReply = (text: string): Reply =>
  JSON.parse(text, (_, value: unknown) => (isFlatError(value) ? unflatten(value.$error) : value)) as Reply;

interface FlatError extends Pick<LedgerErrorOptions, 'hint' | 'details'> {
  code: LedgerError['code'] | undefined;
  message: string;
}

function flatten(error: Error): FlatError {
  if (!isLedgerError(error)) return { code: undefined, message: error.message };
  const { code, message, hint, details } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }), details };
}

function unflatten({ code, message, ...options }: FlatError): Error {
  return code === undefined ? new Error(message) : new LedgerError(code, message, options);
}

const isFlatError = (value: unknown): value is { $error: FlatError } =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && '$error' in value;
