import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../../src/index.ts';
import { Connection } from '../../src/mcp/connection.ts';
import { makeServer } from '../../src/mcp/server.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { programOf } from './packages.ts';

/** Those that ask what each server has to do; the others ask for tools that only a server made for the tests has. */
const SCENARIOS = ['server-initialize', 'ping', 'tools-list', 'resources-list', 'prompts-list'];

/** The server by HTTP, which is all that the conformance tests speak: a conversation for each client. */
async function serveByHttp(dir: string): Promise<string> {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const http = createServer(async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    const transport =
      known ??
      new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: () => crypto.randomUUID(),
        onsessioninitialized: (session) => void sessions.set(session, transport),
      });
    if (known === undefined) {
      const texts = { resume: () => '', show: async () => '', standing: async () => '' };
      const open = () => openLedger({ dir, actor: 'ada' });
      const connection = new Connection({ open, texts, execution_id: undefined, work_id: undefined });
      onTestFinished(() => connection.close());
      await makeServer(connection, '1.0.0').connect(transport);
    }
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    const asked = new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
      ...(hasBody && { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' }),
    });
    const answer = await transport.handleRequest(asked);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body === null) response.end();
    else Readable.fromWeb(answer.body as never).pipe(response);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}

test.each(SCENARIOS)(
  'given the conformance tests, when %s is asked, then the server does as it has to',
  async (name) => {
    const repo = await makeSharedRepo();
    const ada = await repo.init(await repo.clone('ada'));
    await ada.createWork({ title: 'One' });
    const url = await serveByHttp(`${repo.folder}/ada`);
    const program = programOf('@modelcontextprotocol/conformance', 'conformance');
    const args = [program, 'server', '--url', url, '--scenario', name];
    const cwd = await mkdtemp(`${repo.folder}/results-`);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd });
    expect(`${stdout}${stderr}`).toMatch(/Passed: ([1-9]\d*)\/\1, 0 failed/);
  },
);
