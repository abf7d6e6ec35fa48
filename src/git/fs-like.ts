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
