import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { isGone } from '../helpers/processes.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { MAIN } from './workplace.ts';

/** Runs before the program, in its process: starts something that is to outlive it, as the packing of objects is. */
const LASTING = `
  const { spawn } = process.getBuiltinModule('node:child_process');
  const { writeFileSync } = process.getBuiltinModule('node:fs');
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  child.unref();
  writeFileSync(process.env.LASTING, String(child.pid));
`;

/** A sync that waits for a remote which never answers. */
async function hangingSync() {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  await (await repo.init(dir)).close();
  const [called, lasting, program] = ['called', 'lasting', 'upload-pack'].map((name) =>
    join(repo.folder, name),
  );
  // Itself, what it started, and the git that started it.
  writeFileSync(
    `${program}`,
    `#!/bin/sh\nsleep 60 &\necho "$$ $! $PPID" > '${called}.new'\nmv '${called}.new' '${called}'\nwait\n`,
  );
  chmodSync(`${program}`, 0o755);
  await repo.git(dir, 'config', 'remote.origin.uploadpack', `${program}`);
  const preload = `data:text/javascript,${encodeURIComponent(LASTING)}`;
  const child = spawn(process.execPath, ['--import', preload, MAIN, 'sync'], {
    cwd: dir,
    env: { ...process.env, LASTING: `${lasting}` },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  while (!existsSync(`${called}`)) await wait(20);
  const started = readFileSync(`${called}`, 'utf8').trim().split(' ').map(Number);
  const kept = Number(readFileSync(`${lasting}`, 'utf8'));
  onTestFinished(() => {
    for (const pid of [...started, kept, child.pid ?? 0])
      if (pid > 1 && !isGone(pid)) process.kill(pid, 'SIGKILL');
  });
  return { child, ended, started, kept };
}

it.each([
  ['SIGINT', [130, null]],
  ['SIGTERM', [null, 'SIGTERM']],
  ['SIGHUP', [null, 'SIGHUP']],
] as const)(
  'given a remote that never answers, when %s ends a call, then git and what git started end with it',
  async (signal, end) => {
    const { child, ended, started, kept } = await hangingSync();
    expect(started.filter(isGone)).toEqual([]);
    child.kill(signal);
    expect(await ended).toEqual(end);
    for (let waited = 0; waited < 1_000 && !started.every(isGone); waited += 20) await wait(20);
    expect(started.filter((pid) => !isGone(pid))).toEqual([]);
    expect(isGone(kept)).toBe(false);
  },
);
