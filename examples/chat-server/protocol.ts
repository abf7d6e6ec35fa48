import { z } from 'zod';

/** Bytes of a user's message. An item's description could hold twice as much. */
export const MESSAGE_BYTES = 32 * 1024;
/** Bytes of a line from a client, which JSON can make several times as long as the message in it. */
export const LINE_BYTES = 256 * 1024;

/** Names of sessions, users and messages: they stand in items, and in git as authors. */
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ @ -');

const join = z.strictObject({
  type: z.literal('join'),
  session: name,
  user: name,
  /** For each message, the last number that this client has; from there on it is told the rest. */
  seen: z.record(name, z.int().min(0)).default({}),
});
const message = z.strictObject({
  type: z.literal('message'),
  id: name,
  text: z
    .string()
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => Buffer.byteLength(text) <= MESSAGE_BYTES, `must be at most ${MESSAGE_BYTES} bytes`),
});
const request = z.discriminatedUnion('type', [join, message]);

export type Join = z.output<typeof join>;
export type Message = z.output<typeof message>;
export type ChatRequest = z.output<typeof request>;

/** What became of a message, numbered from 1: the same numbers whenever, and by whichever server, it is told. */
export type ChatEvent = { message: string; seq: number } & (
  | { type: 'message'; text: string; user: string; work_id: string }
  | { type: 'text'; text: string }
  /** Its agent is gone; another one goes on. */
  | { type: 'again'; attempt: number }
  | { type: 'done'; answer: string | null }
  | { type: 'failed'; error: string }
  | { type: 'cancelled' }
);

/** What a client is told. */
export type ChatReply =
  | ChatEvent
  | { type: 'joined'; session: string; messages: number }
  | { type: 'accepted'; message: string; work_id: string }
  | { type: 'error'; code: ChatErrorCode; text: string; message?: string };

export type ChatErrorCode = 'BAD_REQUEST' | 'NOT_JOINED' | 'ID_IN_USE' | 'STOPPING' | 'FAILED';

/** Why a request is not done; whoever asked is told. */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  readonly code: ChatErrorCode;

  constructor(code: ChatErrorCode, text: string) {
    super(text);
    this.code = code;
  }
}

/** @throws ChatError `BAD_REQUEST` */
export function readRequest(line: string): ChatRequest {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ChatError('BAD_REQUEST', 'This is not JSON.');
  }
  const read = request.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message: text }) => `${path.join('.') || 'it'}: ${text}`);
  throw new ChatError('BAD_REQUEST', problems.join('; ').slice(0, 1_000));
}
