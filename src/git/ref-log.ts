import { dirname, join } from 'node:path';
import { errorCode, type FsLike, readText } from './fs-like.ts';
import type { RepositoryTraits } from './traits.ts';

const NONE = '0'.repeat(40);
const LOGGED = /^refs\/(heads|remotes|notes)\//;

export interface RefLogOptions {
  reflogs: RepositoryTraits['reflogs'];
  identity: { name: string; email: string };
  /** What stands beside each move. */
  message: string;
}

/** Writes down how refs move, where and as git does: `git reflog` shows it. */
export class RefLog {
  readonly #options: RefLogOptions;

  constructor(options: RefLogOptions) {
    this.#options = options;
  }

  /** Logs a move that is about to be made; its lock must be held. Where the ref is checked out, `HEAD` moves too. */
  async add(fs: FsLike, gitdir: string, ref: string, from: string | undefined, to: string): Promise<void> {
    const { identity, message } = this.#options;
    const at = Math.floor(Date.now() / 1000);
    const line = `${from ?? NONE} ${to} ${identity.name} <${identity.email}> ${at} +0000\t${message}\n`;
    await this.#append(fs, gitdir, ref, line);
    if ((await readText(fs, join(gitdir, 'HEAD')))?.trimEnd() === `ref: ${ref}`) {
      await this.#append(fs, gitdir, 'HEAD', line);
    }
  }

  async #append(fs: FsLike, gitdir: string, ref: string, line: string): Promise<void> {
    const path = join(gitdir, 'logs', ref);
    if (!this.#begins(ref) && (await readText(fs, path)) === undefined) return;
    try {
      await append(fs, path, line);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await fs.promises.mkdir(dirname(path), { recursive: true });
      await append(fs, path, line);
    }
  }

  /** Whether a log is begun for a ref that has none. */
  #begins(ref: string): boolean {
    const { reflogs } = this.#options;
    return reflogs === 'all' || (reflogs === 'branches' && (ref === 'HEAD' || LOGGED.test(ref)));
  }
}

async function append(fs: FsLike, path: string, line: string): Promise<void> {
  const file = await fs.promises.open(path, 'a');
  try {
    await file.writeFile(Buffer.from(line));
  } finally {
    await file.close();
  }
}
