import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import type { ChatReply } from '../../examples/chat-server/protocol.ts';
import { isolatedEnv } from './temp-repo.ts';

const MAIN = new URL('../../examples/chat-server/main.ts', import.meta.url).pathname;

/** The chat server as a process of its own. It is gone when the test ends. */
export class ChatProcess {
  /** Where it listens; rejects where it ends before. */
  readonly url: Promise<string>;
  readonly events: { type: string; [key: string]: unknown }[] = [];
  complaints = '';
  readonly #child;
  readonly #ended: Promise<number | string>;

  constructor(dir: string, args: readonly string[] = []) {
    const { WL_ACTOR: _, ...env } = isolatedEnv();
    this.#child = spawn(process.execPath, [MAIN, '--dir', dir, '--port', '0', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.complaints += chunk;
    });
    this.#ended = (once(this.#child, 'close') as Promise<[number | null, string | null]>).then(
      ([code, signal]) => code ?? signal ?? '',
    );
    this.url = new Promise((resolve, reject) => {
      createInterface(this.#child.stdout).on('line', (line) => {
        const event = JSON.parse(line) as { type: string; url?: string };
        this.events.push(event);
        if (event.url !== undefined) resolve(event.url);
      });
      void this.#ended.then(() => reject(new Error(`the server ended early: ${this.complaints}`)));
    });
    this.url.catch(() => undefined);
    onTestFinished(async () => {
      this.signal('SIGKILL');
      await this.#ended;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns its exit status, or the signal that ended it */
  end(): Promise<number | string> {
    return this.#ended;
  }
}

/** A client of the chat server, over a real WebSocket. It is gone when the test ends. */
export class ChatClient {
  readonly replies: ChatReply[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  #changed = Promise.withResolvers<void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      this.replies.push(JSON.parse(String(data)) as ChatReply);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => undefined);
    onTestFinished(() => socket.terminate());
  }

  /** @throws where the server refuses it */
  static async connect(url: string, options: ClientOptions = {}): Promise<ChatClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/chat`, options);
    const client = new ChatClient(socket);
    await once(socket, 'open');
    return client;
  }

  static async join(url: string, session: string, seen: Record<string, number> = {}): Promise<ChatClient> {
    const client = await ChatClient.connect(url);
    client.send({ type: 'join', session, user: 'ada', seen });
    await client.waitFor(({ type }) => type === 'joined');
    return client;
  }

  send(request: object | string): void {
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  say(id: string, text: string): void {
    this.send({ type: 'message', id, text });
  }

  /** The first reply for which `matches` holds, also one of the past. @throws where the connection ends before */
  async waitFor(matches: (reply: ChatReply) => boolean): Promise<ChatReply> {
    for (;;) {
      const found = this.replies.find(matches);
      if (found !== undefined) return found;
      const changed = this.#changed.promise;
      const over = await Promise.race([changed, this.closed]);
      if (over !== undefined && !this.replies.some(matches))
        throw new Error(`closed with ${over}: ${JSON.stringify(this.replies)}`);
    }
  }

  done(message: string): Promise<ChatReply> {
    return this.waitFor((reply) => reply.type === 'done' && reply.message === message);
  }

  /** Numbered events of a message, in the order in which they came. */
  of(message: string): (ChatReply & { seq: number })[] {
    return this.replies.filter((reply) => 'seq' in reply && reply.message === message) as never;
  }

  /** For each message, the last number that came. */
  get seen(): Record<string, number> {
    const numbered = this.replies.filter((reply) => 'seq' in reply);
    return Object.fromEntries(numbered.map(({ message, seq }) => [message, seq]));
  }
}

/** What was said, line by line. */
export const textsOf = (replies: readonly ChatReply[]): string[] =>
  replies.flatMap((reply) => (reply.type === 'text' ? [reply.text] : []));
