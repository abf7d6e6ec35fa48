import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { FsLike, OpenFile } from './fs-like.ts';

/**
 * The disk, for small files. A call is done when it returns, which costs a short process a fraction of what the same call
 * costs through the thread pool; making a file durable is the exception, so that many wait for the disk together.
 */
export const diskFs = {
  promises: {
    open: async (path, flags) => openFile(openSync(path, flags)),
    readFile: async (path) => readFileSync(path),
    mkdir: async (path, options) => mkdirSync(path, options),
    rename: async (from, to) => renameSync(from, to),
    unlink: async (path) => unlinkSync(path),
    rmdir: async (path) => rmdirSync(path),
    stat: async (path) => statSync(path),
    lstat: async (path) => lstatSync(path),
    readdir: async (path) => readdirSync(path),
    readlink: async (path) => readlinkSync(path),
    symlink: async (target, path) => symlinkSync(target, path),
  },
} satisfies FsLike;

function openFile(fd: number): OpenFile {
  return {
    writeFile: async (data) => writeFileSync(fd, data),
    stat: async () => fstatSync(fd),
    chmod: async (mode) => fchmodSync(fd, mode),
    sync: () => new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve(fd)))),
    close: async () => closeSync(fd),
  };
}
