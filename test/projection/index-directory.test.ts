import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { indexDirectory } from '../../src/projection/index-database.ts';
import { INDEX_VERSION } from '../../src/projection/schema.ts';
import { makeTempFolder } from '../helpers/temp-repo.ts';

const NFS = 0x6969;
const EXT4 = 0xef53;

async function places(): Promise<{ local: string; cache: string }> {
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  const cache = join(path, 'cache');
  vi.stubEnv('XDG_CACHE_HOME', cache);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { local: join(path, 'clone/.git/work-ledger'), cache };
}

test('given a clone on a disk of this machine, when a place for its index is chosen, then it is with the clone', async () => {
  const { local } = await places();
  expect(indexDirectory(local, () => EXT4)).toBe(local);
});

test('given a clone on a network file system, when a place for its index is chosen, then it is in the cache, one for each clone', async () => {
  const { local, cache } = await places();
  const typeOf = (dir: string): number => (dir === cache ? EXT4 : NFS);
  const chosen = indexDirectory(local, typeOf) ?? '';
  expect(chosen.startsWith(join(cache, 'work-ledger/'))).toBe(true);
  expect(indexDirectory(local.replace('clone', 'other'), typeOf)).not.toBe(chosen);
});

test('given no disk of this machine at all, when a place for an index is chosen, then there is none', async () => {
  const { local } = await places();
  expect(indexDirectory(local, () => NFS)).toBeUndefined();
});

test('given a system that does not tell, or an index that is there, when a place is chosen, then it is with the clone', async () => {
  const { local } = await places();
  const refuse = (): number => {
    throw new Error('unknown');
  };
  expect(indexDirectory(local, refuse)).toBe(local);
  mkdirSync(local, { recursive: true });
  writeFileSync(join(local, `index-v${INDEX_VERSION}.sqlite`), '');
  expect(indexDirectory(local, () => NFS)).toBe(local);
});
