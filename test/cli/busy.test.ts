import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Cli } from '../../src/cli/cli.ts';
import type { Globals } from '../../src/cli/command.ts';
import type { WorkLedger } from '../../src/index.ts';
import { traced } from '../../src/trace/channels.ts';

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
  allow_secret: false,
  color: true,
  actor: undefined,
  timeout: undefined,
  dir: undefined,
};

function openCli(isTTY: boolean, globals: Partial<Globals>): { cli: Cli; written: string[] } {
  const written: string[] = [];
  const stderr = { isTTY, columns: 40, write: (text: string) => written.push(text) };
  const stdout = { isTTY, write: (text: string) => written.push(text) };
  const world = { stdout, stderr, stdin: new PassThrough(), env: {} };
  return { cli: new Cli({ ...GLOBALS, ...globals }, world), written };
}

async function workFor(ms: number, isTTY: boolean, globals: Partial<Globals> = {}): Promise<string> {
  const { cli, written } = openCli(isTTY, globals);
  const task = cli.busy('reading', async (say) => {
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

/** A ledger whose opening looks at a remote for so long, and prints a line before the answer comes. */
async function lookFor(ms: number, isTTY: boolean, globals: Partial<Globals> = {}): Promise<string[]> {
  const { cli, written } = openCli(isTTY, globals);
  const ledger = { close: async () => undefined } as WorkLedger;
  const begin = () => ({ remote: 'origin', url: '/srv/repo.git', part: 'branch' as const });
  const look = async (): Promise<WorkLedger> => {
    await vi.advanceTimersByTimeAsync(ms);
    cli.world.stdout.write('a line\n');
    return ledger;
  };
  await cli.open(() => traced('fetch', begin, look, () => ({ outcome: 'ok' })));
  await cli.close();
  return written;
}
const WIPE = '\r\u001b[K';

it('a wait for a remote says so on a terminal after two seconds, and is wiped before anything is printed', async () => {
  const written = await lookFor(4_100, true);
  expect(written).toContain(`${WIPE}opening the ledger…`);
  expect(written).toContain(`${WIPE}waiting for origin… (fetch, 2 s)`);
  expect(written.slice(-3)).toEqual([`${WIPE}waiting for origin… (fetch, 4 s)`, WIPE, 'a line\n']);
  expect((await lookFor(1_900, true)).join('')).not.toContain('waiting');
});

it('a pipe, JSON and --quiet say nothing of a wait', async () => {
  expect(await lookFor(4_100, false)).toEqual(['a line\n']);
  expect(await lookFor(4_100, true, { json: true })).toEqual(['a line\n']);
  expect((await lookFor(4_100, true, { quiet: true })).join('')).not.toContain('waiting');
});

it('a wait for another process names it, and no longer than the terminal is wide', async () => {
  const { cli, written } = openCli(true, {});
  const begin = () => ({ lock: 'push', path: '/x', holder: { pid: 4242, state: 'stopped' as const } });
  const open = async (): Promise<WorkLedger> => {
    await vi.advanceTimersByTimeAsync(2_500);
    return { close: async () => undefined } as WorkLedger;
  };
  await cli.open(() => traced('lock', begin, open, () => ({ outcome: 'taken' })));
  await cli.close();
  expect(written).toContain(`${WIPE}waiting for process 4242, which is sto…`);
});

it('a wait between looks at a remote says what it is for', async () => {
  const { cli, written } = openCli(true, {});
  const begin = () => ({ remote: 'origin', url: '/x', until: 'turn' as const });
  const open = async (): Promise<WorkLedger> => {
    await vi.advanceTimersByTimeAsync(2_500);
    return { close: async () => undefined } as WorkLedger;
  };
  await cli.open(() => traced('wait', begin, open, () => ({ outcome: 'over' })));
  await cli.close();
  expect(written).toContain(`${WIPE}waiting for origin… (turn, 2 s)`);
});

it('given a call that is ended in the middle of a wait, the line is wiped, and nothing listens for the end of the next one', async () => {
  const before = process.listeners('exit');
  const added = () => process.listeners('exit').filter((listener) => !before.includes(listener));
  const { cli, written } = openCli(true, {});
  await cli.busy('reading', async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written.at(-1)).toBe(`${WIPE}reading…`);
    expect(added()).toHaveLength(1);
    for (const listener of added()) Reflect.apply(listener, process, [130]);
    expect(written.at(-1)).toBe(WIPE);
  });
  expect(added()).toEqual([]);
});
