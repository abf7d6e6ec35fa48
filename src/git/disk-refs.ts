import { diskFs } from './disk-fs.ts';
import { GitRefs } from './git-refs.ts';
import { LockMarks } from './lock-marks.ts';
import { listRefs, type RefPlace, readOwnValue, readRef } from './ref-files.ts';
import { type SwapResult, swapRef } from './ref-lock.ts';
import { RefLog, type RefLogOptions } from './ref-log.ts';
import { assertRefName } from './ref-name.ts';
import type { RefReader } from './ref-reader.ts';
import type { RepositoryTraits } from './traits.ts';

/** As long as git is waited for. */
const LOCK_WAIT_MS = 2_500;
const LONGEST_CHAIN = 5;

/** The refs of a clone: read, and moved by compare-and-swap. */
export interface Refs extends RefReader {
  /** @see swapRef in ref-lock.ts */
  swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult>;
}

/** Refs as files, by git's own protocol; by git itself where a clone has them otherwise, or shares them in a group. */
export function openRefs(
  gitDir: string,
  traits: RepositoryTraits,
  log: Omit<RefLogOptions, 'reflogs'>,
): Refs {
  if (!traits.fileRefs || traits.groupShared) return new GitRefs(gitDir);
  return new DiskRefs({
    fs: diskFs,
    gitdir: gitDir,
    lockWaitMs: LOCK_WAIT_MS,
    marks: new LockMarks(gitDir),
    log: new RefLog({ ...log, reflogs: traits.reflogs }),
  });
}

class DiskRefs implements Refs {
  readonly #place: RefPlace;

  constructor(place: RefPlace) {
    this.#place = place;
  }

  readRef(ref: string): Promise<string | undefined> {
    return readRef(this.#place, ref);
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: string }[]> {
    return listRefs(this.#place, prefix);
  }

  /** A ref that only points to another moves that one, as in git; it is not removed through it. */
  async swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult> {
    const name = next === undefined ? ref : await this.#target(ref);
    return swapRef(this.#place, name, expected, next);
  }

  close(): void {
    // Nothing stays open.
  }

  async #target(ref: string): Promise<string> {
    let name = ref;
    for (let hop = 0; hop < LONGEST_CHAIN; hop += 1) {
      assertRefName(name);
      const value = await readOwnValue(this.#place, name);
      if (value?.kind !== 'symbolic') return name;
      name = value.target;
    }
    return name;
  }
}
