import { memfs } from 'memfs';
import { describe, expect, test } from 'vitest';
import { writeWhole } from '../../../src/git/files/durable.ts';
import type { FsLike } from '../../../src/git/files/fs.ts';
import { atomicFs } from '../../../src/isomorphic/repository.ts';

describe('atomic writes', () => {
  test('given a write, when it is done, then the file is whole, read-only and alone in its folder', async () => {
    const { fs } = memfs({ '/objects': {} });
    await atomicFs(fs).promises.writeFile('/objects/a', 'text');
    expect(fs.readdirSync('/objects')).toEqual(['a']);
    expect(fs.readFileSync('/objects/a', 'utf8')).toBe('text');
    expect(fs.statSync('/objects/a').mode & 0o222).toBe(0);
  });

  test('given a disk that fails before a write is durable, when it is made, then no file is there, whole or torn', async () => {
    const { fs } = memfs({ '/objects': {} });
    const failing: FsLike = {
      promises: {
        ...bound(fs),
        open: async (path, flags) => {
          const file = await fs.promises.open(path, flags);
          return Object.assign(file, { sync: () => Promise.reject(new Error('the disk failed')) });
        },
      },
    };
    await expect(writeWhole(failing, '/objects/a', Buffer.from('text'), 0o444)).rejects.toThrow(
      'the disk failed',
    );
    expect(fs.readdirSync('/objects')).toEqual([]);
  });

  test('given a file that is replaced, when others read it all the while, then they see the old or the new, whole', async () => {
    const { fs } = memfs({ '/a': 'old'.repeat(1_000) });
    const seen = new Set<number>();
    const writing = writeWhole(fs, '/a', Buffer.from('newer'.repeat(1_000)), 0o666);
    for (let n = 0; n < 50; n += 1) seen.add((await fs.promises.readFile('/a')).length);
    await writing;
    for (const length of seen) expect([3_000, 5_000]).toContain(length);
    expect(fs.readFileSync('/a').length).toBe(5_000);
  });
});

function bound(fs: ReturnType<typeof memfs>['fs']): FsLike['promises'] {
  const { promises } = fs;
  return {
    open: (path, flags) => promises.open(path, flags),
    readFile: (path) => promises.readFile(path) as Promise<Uint8Array>,
    mkdir: (path, options) => promises.mkdir(path, options),
    rename: (from, to) => promises.rename(from, to),
    unlink: (path) => promises.unlink(path),
    rmdir: (path) => promises.rmdir(path),
    stat: (path) => promises.stat(path) as Promise<{ isDirectory(): boolean }>,
    lstat: (path) => promises.lstat(path) as Promise<{ isDirectory(): boolean }>,
    readdir: (path) => promises.readdir(path),
    readlink: (path) => promises.readlink(path),
    symlink: (target, path) => promises.symlink(target, path),
  };
}
