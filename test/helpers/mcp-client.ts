import { Client, type ClientCapabilities, type ElicitResult } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { onTestFinished } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { isolatedEnv } from './temp-repo.ts';

/** Earlier versions of the protocol shake hands, later ones tell with each request who asks. */
export type Era = 'legacy' | 'modern';
export const ERAS: readonly Era[] = ['legacy', 'modern'];
const MODERN = '2026-07-28';

interface Told {
  content: { type: string; text: string }[];
  structuredContent: Record<string, unknown>;
  isError?: boolean;
}

/** What a person at the client answers to a question. */
export type Person = (question: { message: string; requestedSchema: unknown }) => ElicitResult;

/** `wl mcp` in a process of its own, and a client that talks to it. Both are gone when the test ends. */
export class McpClient {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  stderr = '';

  private constructor(client: Client, transport: StdioClientTransport) {
    this.client = client;
    this.transport = transport;
    transport.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
  }

  static async start(
    dir: string,
    { era = 'legacy', person, env }: { era?: Era; person?: Person; env?: Record<string, string> } = {},
  ): Promise<McpClient> {
    const { WL_EXECUTION_ID, WL_WORK_ID, WL_NOW, ...rest } = isolatedEnv();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, 'mcp'],
      cwd: dir,
      env: { ...(rest as Record<string, string>), WL_ACTOR: 'ada', ...env },
      stderr: 'pipe',
    });
    const capabilities: ClientCapabilities = person === undefined ? {} : { elicitation: { form: {} } };
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities, versionNegotiation: { mode: era === 'modern' ? { pin: MODERN } : 'legacy' } },
    );
    if (person !== undefined)
      client.setRequestHandler('elicitation/create', ({ params }) => person(params as Parameters<Person>[0]));
    const started = new McpClient(client, transport);
    onTestFinished(() => client.close());
    await client.connect(transport);
    return started;
  }

  /** Calls a tool. */
  async call(name: string, given: Record<string, unknown> = {}): Promise<Told> {
    return (await this.client.callTool({ name, arguments: given })) as Told;
  }

  /** Calls a tool that is to succeed. @returns what it says in words */
  async say(name: string, given: Record<string, unknown> = {}): Promise<string> {
    const told = await this.call(name, given);
    if (told.isError) throw new Error(textOf(told));
    return textOf(told);
  }

  /** Calls a tool that is to be refused. @returns the code and what else is said */
  async refusal(name: string, given: Record<string, unknown> = {}): Promise<{ code: string; text: string }> {
    const told = await this.call(name, given);
    if (!told.isError) throw new Error(`not refused: ${textOf(told)}`);
    return { code: (told.structuredContent.error as { code: string }).code, text: textOf(told) };
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.client.onclose = resolve;
    });
    process.kill(this.transport.pid ?? 0, 'SIGKILL');
    await closed;
  }

  /** Ends the connection as clients do. */
  close(): Promise<void> {
    return this.client.close();
  }
}

export const textOf = ({ content }: Told): string => content.map(({ text }) => text).join('\n');

/** The id that a text names. */
export function idOf(text: string): string {
  const [id] = /[A-Z]{2,8}-\d{8}-[0-9a-z]{4,16}/.exec(text) ?? [];
  if (id === undefined) throw new Error(`no id in: ${text}`);
  return id;
}
