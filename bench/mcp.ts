import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { getEncoding, type Tiktoken } from 'js-tiktoken';
import type { BenchOptions } from './options.ts';
import { install } from './peers/place.ts';
import { wl } from './program.ts';
import { atMost, type Row, type Suite } from './row.ts';
import { git, run, tell, withFolder } from './workspace.ts';

/** What the list of tools may cost. */
const LIMIT = 1_500;
const TABLE = 'What a server costs a model before it is used (tokens of o200k_base)';

/** A server of others, from what npm installs: the words that begin a project of it, and those that start the server. */
interface PeerServer {
  begin: readonly string[];
  start: readonly string[];
}
const PEERS: Readonly<Record<string, PeerServer>> = {
  'backlog.md': {
    begin: ['init', 'bench', '--defaults', '--integration-mode', 'none'],
    start: ['mcp', 'start'],
  },
};

/** What the tools of a server cost each conversation, beside what those of others cost. */
export const mcpSuite: Suite<BenchOptions> = {
  name: 'mcp',
  run: async ({ peers }) => {
    return withFolder(async (folder) => {
      await git(folder, 'init', '--quiet', '--initial-branch=main');
      await git(folder, 'config', 'user.name', 'bench');
      await git(folder, 'config', 'user.email', 'bench@example.invalid');
      const [program = '', ...args] = wl('init');
      await run(folder, program, args);
      const encoding = getEncoding('o200k_base');
      const own = await costOf('wl mcp', wl('mcp'), folder, encoding);
      const rows: Row[] = [{ ...own, target: atMost(own.figures.all ?? LIMIT + 1, LIMIT, 'tokens') }];
      for (const name of peers) {
        const peer = PEERS[name];
        if (peer === undefined) continue;
        tell(`installing ${name} ...`);
        const failed = (error: unknown): Row => ({
          table: TABLE,
          what: name,
          figures: {},
          note: `not measured: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
        });
        rows.push(await costOfPeer(name, peer, folder, encoding).catch(failed));
      }
      return rows;
    });
  },
};

async function costOfPeer(
  name: string,
  { begin, start }: PeerServer,
  folder: string,
  encoding: Tiktoken,
): Promise<Row> {
  const { version, command } = await install(name, folder);
  const [program = '', ...args] = command;
  await run(folder, program, [...args, ...begin]);
  return costOf(`${name} ${version}`, [...command, ...start], folder, encoding);
}

/** Only what a model reads is counted: names, descriptions and schemas of tools, and what the server says of itself. */
async function costOf(
  what: string,
  [command = '', ...args]: readonly string[],
  cwd: string,
  encoding: Tiktoken,
): Promise<Row> {
  const client = new Client({ name: 'bench', version: '1' });
  const env = { PATH: process.env.PATH ?? '', HOME: cwd };
  await client.connect(new StdioClientTransport({ command, args, cwd, env, stderr: 'ignore' }));
  try {
    const { tools } = await client.listTools();
    const count = (text: string): number => encoding.encode(text, 'all').length;
    const read = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    const [list, instructions] = [count(JSON.stringify(read)), count(client.getInstructions() ?? '')];
    const figures = { tools: tools.length, list, instructions, all: list + instructions };
    return { table: TABLE, what, figures };
  } finally {
    await client.close();
  }
}
