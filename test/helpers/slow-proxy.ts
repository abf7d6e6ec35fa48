import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of what the server sends: it passes, nothing of it comes, or so many bytes of it come every so often. */
export type Flow =
  | { kind: 'pass' }
  | { kind: 'hold' }
  | { kind: 'late'; ms: number }
  | { kind: 'trickle'; bytes: number; every_ms: number }
  /** After so many bytes the connection breaks. */
  | { kind: 'cut'; after: number };

/** Stands before a server on 127.0.0.1. Every connection is accepted, and all that a client says is passed on. */
export class SlowProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  readonly #target: number;
  readonly #flowOf: (() => Flow) | undefined;
  flow: Flow = { kind: 'pass' };

  private constructor(target: number, flowOf: (() => Flow) | undefined) {
    this.#target = target;
    this.#flowOf = flowOf;
    this.#server = createServer((client) => this.#join(client));
  }

  /**
   * @param address of the server
   * @param flowOf asked for each connection; where it is not given, `flow` is for all
   */
  static async before(address: string, flowOf?: () => Flow): Promise<SlowProxy> {
    const proxy = new SlowProxy(Number(new URL(address).port), flowOf);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** The address by way of this one. */
  url(address: string): string {
    const url = new URL(address);
    const bound = this.#server.address();
    url.port = String(bound !== null && typeof bound === 'object' ? bound.port : '');
    return url.href;
  }

  /** How many clients asked something and were told nothing yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    this.#sockets.add(client);
    client.pipe(server);
    client.on('data', () => this.#waiting.add(client));
    client.on('close', () => {
      this.#sockets.delete(client);
      this.#waiting.delete(client);
      server.destroy();
    });
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    let waiting = Buffer.alloc(0);
    let given = 0;
    const own = this.#flowOf?.();
    let timer: NodeJS.Timeout | undefined;
    const give = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const flow = own ?? this.flow;
      if (flow.kind === 'cut' && given + waiting.length > flow.after) {
        client.destroy();
        return;
      }
      if (flow.kind === 'hold' || waiting.length === 0) return;
      const most = flow.kind === 'trickle' ? flow.bytes : waiting.length;
      client.write(waiting.subarray(0, most));
      given += most;
      this.#waiting.delete(client);
      waiting = waiting.subarray(most);
      if (waiting.length > 0 && flow.kind === 'trickle') timer = setTimeout(give, flow.every_ms);
    };
    server.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      const flow = own ?? this.flow;
      if (flow.kind === 'late') timer ??= setTimeout(give, flow.ms);
      else if (timer === undefined) give();
    });
    server.on('close', () => {
      const end = (): void => {
        if (waiting.length === 0) client.end();
        else setTimeout(end, 20);
      };
      if ((own ?? this.flow).kind !== 'hold') end();
    });
  }
}
