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
/**
 * The part of `node:fs` that the git adapters need, as node, memfs and their like offer it. Paths are absolute.
 */
export interface FsLike {
  promises: FsPromises;
}

interface FsPromises {
  open(path: string, flags: string): Promise<OpenFile>;
  readFile(path: string, options?: unknown): Promise<Uint8Array | string>;
  mkdir(path: string, options?: { recursive: boolean }): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  unlink(path: string): Promise<unknown>;
  rmdir(path: string): Promise<unknown>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
  lstat(path: string): Promise<{ isDirectory(): boolean }>;
  readdir(path: string): Promise<unknown[]>;
  readlink(path: string, options?: unknown): Promise<unknown>;
  symlink(target: string, path: string): Promise<unknown>;
}

export interface OpenFile {
  writeFile(data: Uint8Array): Promise<unknown>;
  stat(): Promise<{ mode: number | bigint }>;
  chmod(mode: number): Promise<unknown>;
  /** Absent where a file system has nothing to make durable. */
  sync?(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** The system's name for what went wrong, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

/** The file's text; `undefined` where no file stands at `path`. */
export async function readText(fs: FsLike, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await fs.promises.readFile(path)).toString();
  } catch (error) {
    if (ABSENT.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** The names in a folder; none where there is no such folder. */
export async function listFolder(fs: FsLike, path: string): Promise<string[]> {
  try {
    return (await fs.promises.readdir(path)).map(String);
  } catch (error) {
    if (ABSENT.has(errorCode(error) ?? '')) return [];
    throw error;
  }
}

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
