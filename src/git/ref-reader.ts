import { diskFs } from './disk-fs.ts';
import { listRefs, readRef } from './ref-files.ts';
import type { RepositoryTraits } from './traits.ts';

/** Reads the refs of a clone. */
export interface RefReader {
  /** The commit a ref names, through symbolic refs; `undefined` where there is no such ref. */
  readRef(ref: string): Promise<string | undefined>;
  /** Refs whose names begin with `prefix`, sorted by name. */
  listRefs(prefix: string): Promise<{ ref: string; oid: string }[]>;
  /** Ends a helper that is still running. */
  close(): void;
}

/**
 * A reader that costs a process next to nothing where refs are files: no git, and none of the modules that run it.
 *
 * @param gitDir the common git directory
 */
export async function openRefReader(
  gitDir: string,
  { fileRefs }: Pick<RepositoryTraits, 'fileRefs'>,
): Promise<RefReader> {
  if (!fileRefs) return new (await import('./git-refs.ts')).GitRefs(gitDir);
  const place = { fs: diskFs, gitdir: gitDir };
  return {
    readRef: (ref) => readRef(place, ref),
    listRefs: (prefix) => listRefs(place, prefix),
    close: () => undefined,
  };
}
