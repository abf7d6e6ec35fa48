import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of what the server sends: it passes, nothing of it comes, or so many bytes of it come every so often. */
export type Flow =
  | { kind: 'pass' }
  | { kind: 'hold' }
  | { kind: 'late'; ms: number }
  | { kind: 'trickle'; bytes: number; every_ms: number };

/** Stands before a server on 127.0.0.1. Every connection is accepted, and all that a client says is passed on. */
export class SlowProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  readonly #target: number;
  flow: Flow = { kind: 'pass' };

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** @param address of the server */
  static async before(address: string): Promise<SlowProxy> {
    const proxy = new SlowProxy(Number(new URL(address).port));
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
    let timer: NodeJS.Timeout | undefined;
    const give = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const { flow } = this;
      if (flow.kind === 'hold' || waiting.length === 0) return;
      const most = flow.kind === 'trickle' ? flow.bytes : waiting.length;
      client.write(waiting.subarray(0, most));
      this.#waiting.delete(client);
      waiting = waiting.subarray(most);
      if (waiting.length > 0 && flow.kind === 'trickle') timer = setTimeout(give, flow.every_ms);
    };
    server.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      if (this.flow.kind === 'late') timer ??= setTimeout(give, this.flow.ms);
      else if (timer === undefined) give();
    });
    server.on('close', () => {
      const end = (): void => {
        if (waiting.length === 0) client.end();
        else setTimeout(end, 20);
      };
      if (this.flow.kind !== 'hold') end();
    });
  }
}
