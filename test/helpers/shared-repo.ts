import { constants } from 'node:fs';
import { cp, glob, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { initLedger, type OpenOptions, openLedger, type WorkLedger } from '../../src/index.ts';
import { GitHttpServer } from './git-http-server.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder, runGit } from './temp-repo.ts';

export type Transport = 'file' | 'http';

/** A bare repository that clones on disk share by a real transport. It goes when the test ends. */
export interface SharedRepo {
  folder: string;
  bare: string;
  url: string;
  /** Serves the repository, where it is shared over http. */
  server: GitHttpServer | undefined;
  /** Makes a clone with git's own `clone`, and options of it. @returns its folder */
  clone(name: string, args?: readonly string[]): Promise<string>;
  /** Opens a clone's ledger, which is closed when the test ends; the actor is the folder's name. */
  open(dir: string, options?: OpenOptions): Promise<WorkLedger>;
  /** As `open`, and makes the ledger where there is none. */
  init(dir: string, options?: OpenOptions): Promise<WorkLedger>;
  /** Runs plain git somewhere. @returns what it printed */
  git(cwd: string, ...args: string[]): Promise<string>;
  /** Puts a hook of the shell into the shared repository. */
  hook(name: string, script: string): Promise<void>;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export async function makeSharedRepo(transport: Transport = 'file'): Promise<SharedRepo> {
  isolateThisProcess();
  const folder = await makeTempFolder();
  onTestFinished(() => folder.cleanup());
  const bare = await makeBareRepo(folder.path);
  await runGit(bare, ['config', 'receive.autogc', 'false']);
  const server = transport === 'http' ? await GitHttpServer.start(folder.path) : undefined;
  onTestFinished(() => server?.stop());
  return shared(folder.path, server, (ledger) => onTestFinished(() => ledger.close()));
}

/** A shared repository and what else is in its folder, as `build` leaves it: made once in a process, and copied for each test. */
export class Template<T> {
  readonly #build: (repo: SharedRepo) => Promise<T>;
  #made: Promise<{ folder: string; value: T }> | undefined;

  /** @param build closes nothing that it opens by the repository, and returns what a copy of the folder can use */
  constructor(build: (repo: SharedRepo) => Promise<T>) {
    this.#build = build;
  }

  async copy(): Promise<{ repo: SharedRepo; value: T }> {
    this.#made ??= this.#make();
    const { folder, value } = await this.#made;
    const { path, cleanup } = await makeTempFolder();
    onTestFinished(cleanup);
    await cp(folder, path, { recursive: true, mode: constants.COPYFILE_FICLONE });
    // Clones are where the copy is, and to themselves they were there before: none takes itself for a copy.
    for (const name of await Array.fromAsync(
      glob(['*/.git/config', '*/.git/work-ledger/clones/*'], { cwd: path }),
    ))
      await writeFile(join(path, name), (await readFile(join(path, name), 'utf8')).replaceAll(folder, path));
    return { repo: shared(path, undefined, (ledger) => onTestFinished(() => ledger.close())), value };
  }

  async #make(): Promise<{ folder: string; value: T }> {
    isolateThisProcess();
    const { path: folder } = await makeTempFolder();
    const bare = await makeBareRepo(folder);
    await runGit(bare, ['config', 'receive.autogc', 'false']);
    const opened: WorkLedger[] = [];
    const value = await this.#build(shared(folder, undefined, (ledger) => opened.push(ledger)));
    await Promise.all(opened.map((ledger) => ledger.close()));
    return { folder, value };
  }
}

/** @param opened hears of each ledger, which somebody has to close */
function shared(
  folder: string,
  server: GitHttpServer | undefined,
  opened: (ledger: WorkLedger) => unknown,
): SharedRepo {
  const bare = join(folder, 'repo.git');
  const url = server?.url('repo.git') ?? pathToFileURL(bare).href;
  const tracked = async (opening: Promise<WorkLedger>): Promise<WorkLedger> => {
    const ledger = await opening;
    opened(ledger);
    return ledger;
  };
  return {
    folder,
    bare,
    url,
    server,
    clone: async (name, args = []) => {
      const dir = join(folder, name);
      await runGit(folder, ['clone', '--quiet', ...args, url, dir]);
      return dir;
    },
    open: (dir, options) => tracked(openLedger({ dir, actor: nameOf(dir), ...options })),
    init: (dir, options) =>
      tracked(initLedger({ dir, actor: nameOf(dir), ...options }).then(({ ledger }) => ledger)),
    git: (cwd, ...args) => runGit(cwd, args),
    hook: (name, script) => writeFile(join(bare, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
    goAway: () => server?.stop() ?? rename(bare, `${bare}.away`),
    comeBack: () => server?.restart() ?? rename(`${bare}.away`, bare),
  };
}

const nameOf = (dir: string): string => dir.slice(dir.lastIndexOf('/') + 1);
