import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { getEncoding } from 'js-tiktoken';
import { expect, test } from 'vitest';
import { LedgerError } from '../../src/index.ts';
import { Connection } from '../../src/mcp/connection.ts';
import { makeServer } from '../../src/mcp/server.ts';

/** What all that a client reads of the server before anything is called may cost. */
const MOST_TOKENS = 1_500;
const MOST_TOOLS = 8;

test('given the server, when its tools are listed, then they are few, and cost a model little', async () => {
  const refuse = () => Promise.reject(new LedgerError('NO_LEDGER', 'There is none.'));
  const texts = { resume: () => '', show: async () => '', standing: async () => '' };
  const connection = new Connection({ open: refuse, texts, execution_id: undefined, work_id: undefined });
  const [own, other] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1' });
  await Promise.all([makeServer(connection, '1.0.0').connect(other), client.connect(own)]);
  const { tools } = await client.listTools();
  const cost = getEncoding('o200k_base').encode(JSON.stringify({ tools }) + client.getInstructions()).length;
  expect(tools.map(({ name }) => name)).toEqual([
    ...['next', 'claim', 'checkpoint', 'finish', 'create', 'show', 'search', 'ask'],
  ]);
  expect(tools.length).toBeLessThanOrEqual(MOST_TOOLS);
  expect(cost).toBeLessThanOrEqual(MOST_TOKENS);
  expect(JSON.stringify(tools)).not.toContain('outputSchema');
  await client.close();
});
