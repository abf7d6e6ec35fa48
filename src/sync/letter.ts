import { isLedgerError, LedgerError, type LedgerErrorOptions } from '../domain/errors.ts';
import type { LedgerCommand } from './draft.ts';
import type { Group } from './local.ts';
import type { Outcome } from './outcome.ts';

/** A group that can be handed to another process: each of its commands is known. */
export interface PlainGroup extends Group {
  commands: readonly LedgerCommand[];
}

/** What one process asks of another of the same clone. */
export interface Order {
  group: PlainGroup;
  publish: boolean;
}

/** A larger one is not handed on: whoever asks that much waits for its own turn. */
const LARGEST = 256 * 1024;

/** @returns `undefined` for what cannot be handed on */
export function encodeOrder(group: Group, publish: boolean): string | undefined {
  if (!isPlain(group)) return undefined;
  const { commands, atomic, provisional } = group;
  const text = JSON.stringify({ group: { commands, atomic, provisional }, publish } satisfies Order);
  return text.length <= LARGEST ? text : undefined;
}

/** Letters are this program's own, in a folder of the clone that only its user writes. */
export const decodeOrder = (text: string): Order => JSON.parse(text) as Order;

const isPlain = (group: Group): group is PlainGroup =>
  group.commands.every((command) => typeof command !== 'function');

export type Reply = { outcomes: Outcome[] } | { failure: unknown };

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
