import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isolatedEnv } from './temp-repo.ts';

export interface GitHttpServerOptions {
  /** Asks for this user and password with basic authentication. */
  user?: string;
  password?: string;
  /** Asked for each request, what becomes of it. */
  mishap?: (service: Service | 'info') => Mishap | undefined;
}

/** The connection breaks before or after git did what was asked; nothing is ever answered, or only later. */
export type Mishap = 'before' | 'after' | 'silence' | { late_ms: number };

type Service = 'git-upload-pack' | 'git-receive-pack';

/** Bare repositories of one folder over http on 127.0.0.1, by git's own `http-backend`. */
export class GitHttpServer {
  readonly #root: string;
  readonly #options: GitHttpServerOptions;
  #server: Server | undefined;
  #port = 0;
  #breakOff: { service: Service; when: 'before' | 'after' } | undefined;

  private constructor(root: string, options: GitHttpServerOptions) {
    this.#root = root;
    this.#options = options;
  }

  static async start(root: string, options: GitHttpServerOptions = {}): Promise<GitHttpServer> {
    const server = new GitHttpServer(root, options);
    await server.restart();
    return server;
  }

  /** The address of a repository in the folder, such as `repo.git`. */
  url(repository: string): string {
    return `http://127.0.0.1:${this.#port}/${repository}`;
  }

  /** Listens again on the port it had. */
  async restart(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Connections break and new ones are refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** The next call of a service loses its connection, `before` or `after` git did what was asked. */
  breakOffNext(service: Service, when: 'before' | 'after'): void {
    this.#breakOff = { service, when };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!this.#isAllowed(request)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    const breakOff = url.pathname.endsWith(`/${this.#breakOff?.service}`) ? this.#breakOff?.when : undefined;
    if (breakOff !== undefined) this.#breakOff = undefined;
    if (breakOff === 'before') {
      response.destroy();
      return;
    }
    const mishap = breakOff ?? this.#options.mishap?.(serviceOf(url));
    if (mishap === 'before') {
      response.destroy();
      return;
    }
    const answer = await this.#runBackend(request, url);
    if (typeof mishap === 'object') await new Promise((resolve) => setTimeout(resolve, mishap.late_ms));
    if (mishap === 'after') response.destroy();
    else if (mishap !== 'silence') send(response, answer);
  }

  #isAllowed(request: IncomingMessage): boolean {
    const { user, password } = this.#options;
    if (user === undefined) return true;
    const expected = Buffer.from(`${user}:${password ?? ''}`).toString('base64');
    return request.headers.authorization === `Basic ${expected}`;
  }

  async #runBackend(request: IncomingMessage, url: URL): Promise<Buffer> {
    const { headers } = request;
    const child = spawn('git', ['-c', 'http.receivepack=true', 'http-backend'], {
      env: {
        ...isolatedEnv(),
        GIT_PROJECT_ROOT: this.#root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method ?? 'GET',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REMOTE_ADDR: '127.0.0.1',
        REMOTE_USER: this.#options.user ?? 'anonymous',
        CONTENT_TYPE: headers['content-type'] ?? '',
        ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
        ...(headers['content-encoding'] === undefined
          ? {}
          : { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
        GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    request.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    const closed = once(child, 'close');
    const complaints = text(child.stderr);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk);
    const [code] = await closed;
    if (code !== 0 && chunks.length === 0) throw new Error(await complaints);
    return Buffer.concat(chunks);
  }
}

const serviceOf = ({ pathname }: URL): Service | 'info' =>
  pathname.endsWith('/git-upload-pack')
    ? 'git-upload-pack'
    : pathname.endsWith('/git-receive-pack')
      ? 'git-receive-pack'
      : 'info';

/** Turns what a CGI program wrote into an answer. */
function send(response: ServerResponse, output: Buffer): void {
  const end = output.indexOf('\r\n\r\n');
  for (const line of output.toString('latin1', 0, end).split('\r\n')) {
    const [name = '', value = ''] = line.split(/:\s*/, 2);
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else if (name !== '') response.appendHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
