import { readFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { serve as listen } from '@hono/node-server';
import { Hono } from 'hono';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ConnectionParts, serve } from './connection.ts';
import { isAllowed } from './origin.ts';
import { LINE_BYTES } from './protocol.ts';

const PAGE = new URL('page.html', import.meta.url);
/** For the page: what it has in itself, and a WebSocket. */
const POLICY = "default-src 'unsafe-inline'; connect-src 'self' ws:; frame-ancestors 'none'";
/** How often a client has to say that it is still there. */
const PING_MS = 30_000;
const CLIENTS = 200;
/** The code of RFC 6455 for a server that goes away. */
const GOING_AWAY = 1001;

export interface ServerOptions extends ConnectionParts {
  port: number;
  host: string;
  /** Origins of pages that may connect beside the server's own. */
  origins: readonly string[];
}

export interface ChatServer {
  url: string;
  /** Takes no more clients. */
  stopListening(): void;
  /** Says goodbye to those that are there. */
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<ChatServer> {
  const { port, host, origins } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LINE_BYTES, perMessageDeflate: false });
  const http = await startHttp(port, host);
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, origins, sockets.clients.size);
    if (refusal === undefined)
      sockets.handleUpgrade(request, socket, head, (client) => serve(client, options));
    else socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  const stopPinging = pingAll(sockets);
  const { port: bound } = http.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stopListening: () => void http.close(),
    async close() {
      stopPinging();
      http.close();
      const gone = [...sockets.clients].map((client) => goodbye(client));
      await Promise.all(gone);
      http.closeAllConnections();
    },
  };
}

async function startHttp(port: number, hostname: string): Promise<Server> {
  const page = await readFile(PAGE, 'utf8');
  const app = new Hono();
  app.get('/', (context) => {
    context.header('Content-Security-Policy', POLICY);
    return context.html(page);
  });
  app.get('/health', (context) => context.json({ ok: true }));
  return new Promise((resolve, reject) => {
    const server = listen({ fetch: app.fetch, port, hostname }, () => resolve(server as Server)) as Server;
    server.on('error', reject);
  });
}

function refusalOf(
  { url, headers }: IncomingMessage,
  origins: readonly string[],
  clients: number,
): string | undefined {
  if (url !== '/chat') return '404 Not Found';
  if (!isAllowed(headers, origins)) return '403 Forbidden';
  return clients >= CLIENTS ? '503 Service Unavailable' : undefined;
}

/** Ends clients that do not answer: a machine that went away says nothing. */
function pingAll(sockets: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const client of sockets.clients) {
      if (silent.has(client)) client.terminate();
      silent.add(client);
      client.once('pong', () => silent.delete(client));
      client.ping();
    }
  }, PING_MS);
  return () => clearInterval(timer);
}

function goodbye(client: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const impatient = setTimeout(() => client.terminate(), 1_000);
    client.once('close', () => {
      clearTimeout(impatient);
      resolve();
    });
    client.close(GOING_AWAY, 'the server is stopping');
  });
}
