import { type Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { BoundedLines } from './bounded-lines.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { makeServer } from './server.ts';

export interface ServeOptions extends ConnectionOptions {
  version: string;
  stdin: NodeJS.ReadableStream;
  /** Where the protocol goes, and nothing else. */
  write(text: string): void;
  /** What went wrong with the connection itself, for whoever looks into the client's log. */
  onProblem(message: string): void;
  /** Ends the connection in good order. */
  signal: AbortSignal;
}

/** Longer than all that an item can hold. */
const LONGEST_LINE = 4 * 1024 * 1024;
const TOO_LONG = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32_600, message: `A message has at most ${LONGEST_LINE} bytes.` },
};

/**
 * Serves one client, until it closes its end or the signal is given. What the connection holds is given back then.
 *
 * @throws LedgerError where something that is held could not be given back
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { stdin, write, onProblem, signal, version } = options;
  const connection = new Connection(options);
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      write(text);
      done();
    },
  });
  const lines = new BoundedLines(LONGEST_LINE, () => {
    onProblem(TOO_LONG.error.message);
    write(`${JSON.stringify(TOO_LONG)}\n`);
  });
  const transport = new StdioServerTransport(stdin.pipe(lines) as Readable, output);
  const handle = serveStdio(() => makeServer(connection, version), {
    transport,
    onerror: (error) => onProblem(error.message),
  });
  await new Promise<void>((resolve) => {
    stdin.once('error', () => lines.end());
    lines.once('end', resolve);
    lines.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  await handle.close();
  await connection.close();
}
