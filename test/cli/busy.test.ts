import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Cli } from '../../src/cli/cli.ts';
import type { Globals } from '../../src/cli/globals.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const GLOBALS: Globals = {
  json: false,
  quiet: false,
  verbose: false,
  offline: false,
  color: true,
  actor: undefined,
  dir: undefined,
};

async function workFor(ms: number, isTTY: boolean, globals: Partial<Globals> = {}): Promise<string> {
  const written: string[] = [];
  const stderr = { isTTY, write: (text: string) => written.push(text) };
  const world = {
    stdout: { isTTY: false, write: () => undefined },
    stderr,
    stdin: new PassThrough(),
    env: {},
  };
  const task = new Cli({ ...GLOBALS, ...globals }, world).busy('reading', async (say) => {
    say('still reading');
    await vi.advanceTimersByTimeAsync(ms);
    return 'done';
  });
  expect(await task).toBe('done');
  return written.join('');
}

it('long work shows itself on a terminal, and wipes that away', async () => {
  expect(await workFor(1_000, true)).toMatch(/^\r\S+still reading….*\r\S+$/s);
});

it('short work, a pipe, and JSON show nothing', async () => {
  expect(await workFor(100, true)).toBe('');
  expect(await workFor(1_000, false)).toBe('');
  expect(await workFor(1_000, true, { json: true })).toBe('');
});
