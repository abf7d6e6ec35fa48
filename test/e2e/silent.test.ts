import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeWorkplace, type Workplace, wlProcess } from '../cli/workplace.ts';
import { makeSickClone, removeObject } from '../helpers/sick-clone.ts';
import { runGit } from '../helpers/temp-repo.ts';

let place: Workplace;
let dir: string;
let server: Server;
let ids = 0;

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
  await wlProcess(dir, ['init']);
  await wlProcess(dir, ['create', 'One']);
  // Accepts, and never answers.
  server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await place.cleanup();
});
beforeEach(async () => {
  const address = server.address();
  ids += 1;
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await runGit(dir, ['remote', 'set-url', 'origin', `http://127.0.0.1:${port}/silent${ids}.git`]);
});

/** What runs with a word in its arguments. */
const running = (word: string): string[] =>
  readdirSync('/proc').flatMap((pid) => {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return /^\d+$/.test(pid) && args.includes(word) ? [args.replaceAll('\0', ' ')] : [];
    } catch {
      return [];
    }
  });

const TIMEOUT_S = 3;
const WITHIN_MS = 5_000;

describe('given a remote that accepts and never answers', () => {
  test.each([
    ['claim', '0103-1'],
    ['comment', '0103-1', 'hello'],
    ['create', 'Three'],
    ['review', 'approve', '0103-1'],
    ['sync'],
    ['list', '--fetch'],
    ['next', '--claim'],
    ['recover'],
    ['config', 'set', 'max_attempts', '5'],
    ['presence'],
    ['doctor'],
    ['review', 'list'],
    ['review', 'refresh', '0103-1'],
    ['doctor', '--fix'],
    ['presence', '--prune'],
    ['acknowledge', 'HEAD', '--reason', 'known'],
  ])(
    'when wl %s %s is typed, then it ends with its one time limit, and nothing of git is left',
    async (...words) => {
      const args = words.filter((word) => word !== undefined);
      const began = performance.now();
      const said = await wlProcess(dir, ['--timeout', String(TIMEOUT_S), ...args], {
        env: { WL_NOW: '' },
      });
      const ms = Math.round(performance.now() - began);
      expect({ ms, late: ms > TIMEOUT_S * 1000 + WITHIN_MS, said }).toMatchObject({ late: false });
      expect(running(`silent${ids}.git`)).toEqual([]);
    },
  );

  test('when a tree is missing here that only the remote has, then wl doctor --fix ends with its one time limit as well', async () => {
    const address = await runGit(dir, ['remote', 'get-url', 'origin']);
    const broken = await makeSickClone();
    const tree = await broken.git('rev-parse', 'work-ledger~1:active');
    await removeObject(broken, tree);
    await broken.git('remote', 'set-url', 'origin', address);
    const began = performance.now();
    const said = await wlProcess(broken.dir, ['--timeout', String(TIMEOUT_S), 'doctor', '--fix'], {
      env: { WL_NOW: '' },
    });
    const ms = Math.round(performance.now() - began);
    expect({ ms, late: ms > TIMEOUT_S * 1000 + WITHIN_MS, said }).toMatchObject({
      late: false,
      said: { stdout: expect.stringContaining(tree) },
    });
    expect(running(`silent${ids}.git`)).toEqual([]);
  });

  test('when a clone has no ledger yet and no network is to be used, then that is said at once', async () => {
    const fresh = await place.clone(`fresh${ids}`);
    const address = await runGit(dir, ['remote', 'get-url', 'origin']);
    await runGit(fresh, ['remote', 'set-url', 'origin', address]);
    const began = performance.now();
    expect(await wlProcess(fresh, ['--offline', 'create', 'One'], { env: { WL_NOW: '' } })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('hint: Ask origin for one: wl sync'),
    });
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  test('when a write is to need no network, then it waits for none, also while another call waits', async () => {
    const waiting = wlProcess(dir, ['--timeout', '10', 'sync'], { env: { WL_NOW: '' } });
    await expect.poll(() => running(`silent${ids}.git`).length, { timeout: 8_000 }).toBeGreaterThan(0);
    const began = performance.now();
    const said = await wlProcess(dir, ['--offline', 'comment', '0103-1', 'no network'], {
      env: { WL_NOW: '' },
    });
    expect(said).toMatchObject({ status: 0 });
    expect(performance.now() - began).toBeLessThan(3_000);
    await waiting;
  });
});
