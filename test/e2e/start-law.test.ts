import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkplace, type Workplace, wl } from '../cli/workplace.ts';
import { HEAVY, loadsOf } from '../helpers/loads.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';

let place: Workplace;
let clone: string;
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

/** Git's answer about the configuration is kept once its files are this old. */
const SETTLED_MS = 2_100;

/** Layers that a question about an index that is current may load; the rest is for those who write, fetch, audit or import. */
const READING = [
  'src/cli/',
  'src/operations/',
  'src/domain/',
  'src/codec/',
  'src/projection/',
  'src/query/',
  'src/ledger/',
];
/** Files of other layers that a question may load. */
const ALSO = [
  'src/index.ts',
  'src/node.ts',
  'src/require-node.ts',
  'src/agents/presence/api.ts',
  'src/audit/rules.ts',
  ...['config/cache', 'config/interpret', 'files/fs', 'process/run'].map((name) => `src/git/${name}.ts`),
  'src/git/refs/ref-files.ts',
  'src/git/repository.ts',
  'src/store/clone-lock.ts',
  'src/store/local-state.ts',
  'src/sync/clone-name.ts',
  'src/sync/state-keys.ts',
  'src/trace/channels.ts',
  'src/trace/mask.ts',
  // A table that the entry gives; what it names is loaded when it is used.
  'src/transfer/formats.ts',
];
/** Node itself, as far as it is in memory already or next to nothing. */
const NODE = ['fs', 'module', 'os', 'path', 'process', 'sqlite', 'url', 'util'].map((name) => `node:${name}`);

beforeAll(async () => {
  place = await makeWorkplace();
  clone = await place.clone('ada');
  await wl(clone, ['init']);
  await wl(clone, ['create', 'One']);
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  for (const asked of [['ready'], ['show', '1'], ['search', 'one']]) await wl(clone, asked);
});
afterAll(() => place.cleanup());

describe('given an index that is current', () => {
  it.each([
    [['ready']],
    [['ready', '--json']],
    [['list', '--limit', '50']],
    [['show', '1']],
    [['next']],
    [['search', 'one']],
    [['history', '1']],
  ])('when wl %j is asked, then nothing is loaded that it can do without', async (args) => {
    const { loads, stdout } = await loadsOf([MAIN, ...args], {
      cwd: clone,
      env: { ...isolatedEnv(), WL_ACTOR: 'ada', WL_NOW: '2026-01-03T11:00:00.000Z' },
    });
    expect(stdout).toMatch(/WRK-20260103-0001|create/);
    expect(loads).not.toContain('src/projection/catch-up.ts');
    const allowed = (name: string): boolean =>
      NODE.includes(name) || ALSO.includes(name) || READING.some((layer) => name.startsWith(layer));
    expect(loads.filter((name) => !allowed(name))).toEqual([]);
    expect(loads.filter((name) => HEAVY.includes(name))).toEqual([]);
  });
});
