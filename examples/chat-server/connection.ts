import type { WebSocket } from 'ws';
import { isLedgerError } from '../../src/index.ts';
import type { Chat } from './chat.ts';
import type { Hub } from './hub.ts';
import { ChatError, type ChatReply, type Join, type Message, readRequest } from './protocol.ts';
import { Reader } from './reader.ts';

export interface ConnectionParts {
  chat: Chat;
  hub: Hub;
  /** Aborted once no more messages are taken. */
  stopping: AbortSignal;
}

/** Serves one client, until it or the server goes. */
export function serve(socket: WebSocket, parts: ConnectionParts): void {
  const connection = new Connection(socket, parts);
  socket.on('message', (data, isBinary) => {
    // One after the other, as they came. Meanwhile no more is read.
    socket.pause();
    void connection.take(isBinary ? '' : String(data)).finally(() => socket.resume());
  });
  socket.on('close', () => connection.close());
  // What went wrong ends it, and `close` follows.
  socket.on('error', () => undefined);
}

class Connection {
  readonly #socket: WebSocket;
  readonly #parts: ConnectionParts;
  #tail: Promise<void> = Promise.resolve();
  #joined: { session: string; user: string; reader: Reader } | undefined;

  constructor(socket: WebSocket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
  }

  take(line: string): Promise<void> {
    this.#tail = this.#tail.then(() => this.#take(line));
    return this.#tail;
  }

  close(): void {
    if (this.#joined !== undefined) this.#parts.hub.leave(this.#joined.reader);
  }

  async #take(line: string): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    let message: string | undefined;
    try {
      const request = readRequest(line);
      if (request.type === 'join') await this.#join(request);
      else {
        message = request.id;
        await this.#submit(request);
      }
    } catch (error) {
      // A client that is gone cannot be told.
      await this.#send({ ...toReply(error), ...(message !== undefined && { message }) }).catch(
        () => undefined,
      );
    }
  }

  async #join({ session, user, seen }: Join): Promise<void> {
    const { chat, hub } = this.#parts;
    if (this.#joined !== undefined) throw new ChatError('BAD_REQUEST', 'It has joined already.');
    const reader = new Reader({
      seen,
      find: (id) => chat.findShared(id),
      send: (reply) => this.#send(reply),
    });
    this.#joined = { session, user, reader };
    try {
      const messages = await hub.join(reader, session);
      await this.#send({ type: 'joined', session, messages });
    } catch (error) {
      // It can be tried again.
      hub.leave(reader);
      this.#joined = undefined;
      throw error;
    }
  }

  async #submit(message: Message): Promise<void> {
    const { chat, hub, stopping } = this.#parts;
    if (this.#joined === undefined) throw new ChatError('NOT_JOINED', 'Join a session first.');
    if (stopping.aborted) throw new ChatError('STOPPING', 'The server is stopping: send it again later.');
    const { session, user } = this.#joined;
    const item = await chat.submit(session, user, message);
    await this.#send({ type: 'accepted', message: message.id, work_id: item.id });
    void hub.look();
  }

  /** @returns once it has left, so that who reads slowly is told slowly */
  #send(reply: ChatReply): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(JSON.stringify(reply), (error) => (error ? reject(error) : resolve()));
    });
  }
}

function toReply(error: unknown): ChatReply {
  if (error instanceof ChatError) return { type: 'error', code: error.code, text: error.message };
  // What a ledger says of itself is for whoever runs the server; a client can only try again.
  const text = isLedgerError(error) ? `The ledger could not take it: ${error.code}` : 'Something went wrong.';
  return { type: 'error', code: 'FAILED', text };
}
