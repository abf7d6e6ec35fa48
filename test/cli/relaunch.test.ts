import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';

const SCRIPT = new URL('../helpers/launched.ts', import.meta.url).pathname;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** A launcher in a process group of its own, as a shell starts one; once its child runs. */
async function launch(mode: string, expected = 1) {
  const launcher = spawn(process.execPath, [SCRIPT, 'launcher', mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, EXPECTED: `${expected}` },
  });
  const group = -(launcher.pid ?? 0);
  const ended = once(launcher, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  onTestFinished(() => {
    if (isThere(group)) process.kill(group, 'SIGKILL');
  });
  const said: string[] = [];
  const lines = createInterface(launcher.stdout);
  lines.on('line', (line) => said.push(line));
  await once(lines, 'line');
  const closed = once(lines, 'close');
  /** How the launcher ended, and what its child had said by then. */
  const end = async () => {
    const [[status, signal]] = await Promise.all([ended, closed]);
    return { end: status ?? signal, said: said.slice(1), left: isThere(group) };
  };
  return { launcher, group, child: Number(said[0]?.split(' ')[1]), first: said[0], end, ended, closed };
}

/** Whether a process, or one of a group, is there. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('given a program that runs itself again on another Node', () => {
  test('when its launcher gets a signal, then both end by it', async () => {
    const ends = SIGNALS.map(async (signal) => {
      const { launcher, end } = await launch('waiting');
      launcher.kill(signal);
      return end();
    });
    expect(await Promise.all(ends)).toEqual(SIGNALS.map((end) => ({ end, said: [], left: false })));
  });

  test('when a signal is taken, then the child gets it once, and its status is the launcher’s', async () => {
    const ends = SIGNALS.map(async (signal) => {
      const { launcher, end } = await launch('counting');
      launcher.kill(signal);
      return end();
    });
    expect(await Promise.all(ends)).toEqual(
      SIGNALS.map((signal) => ({ end: 7, said: [signal], left: false })),
    );
  });

  test('when a terminal sends a signal to the whole group, then the child gets it once', async () => {
    const ends = SIGNALS.map(async (signal) => {
      const { group, end } = await launch('counting');
      process.kill(group, signal);
      return end();
    });
    expect(await Promise.all(ends)).toEqual(
      SIGNALS.map((signal) => ({ end: 7, said: [signal], left: false })),
    );
  });

  test('when the launcher is asked twice, then the child is', async () => {
    const { launcher, end } = await launch('counting', 2);
    launcher.kill('SIGINT');
    await once(launcher.stdout, 'data');
    launcher.kill('SIGINT');
    expect(await end()).toEqual({ end: 7, said: ['SIGINT', 'SIGINT'], left: false });
  });

  test('when the child computes and hears nothing, then a signal to the launcher ends both', async () => {
    const { launcher, end } = await launch('busy');
    launcher.kill('SIGTERM');
    expect(await end()).toEqual({ end: 'SIGTERM', said: [], left: false });
  });

  test('when the child is killed, then the launcher ends as one that was', async () => {
    const { child, end } = await launch('waiting');
    process.kill(child, 'SIGKILL');
    expect(await end()).toEqual({ end: 'SIGKILL', said: [], left: false });
  });

  test.each([
    ['waiting', []],
    ['counting', ['SIGTERM', 'SIGHUP']],
  ])('when the launcher is killed, then its child ends, too: %s', async (mode, said) => {
    const { launcher, end, closed } = await launch(mode, 2);
    launcher.kill('SIGKILL');
    // Its outputs close when the last of both is gone.
    await closed;
    expect(await end()).toMatchObject({ end: 'SIGKILL', said });
  });

  test('when nothing is left to do, then the launcher keeps neither from ending, and the child’s children know of none', async () => {
    const { first, end } = await launch('idle');
    expect(first).toMatch(/free$/);
    expect(await end()).toEqual({ end: 0, said: [], left: false });
  });

  test.each(['missing', 'broken'])(
    'when the other Node cannot be started, then that is told: %s',
    async (mode) => {
      const { first, end } = await launch(mode);
      expect(first).toBe('failed');
      expect(await end()).toMatchObject({ end: 0, left: false });
    },
  );
});
