/** What of a repository's configuration decides how it is read and written. */
export interface RepositoryTraits {
  /** Whether refs are files, as git kept them from the start; otherwise only git reads them. */
  fileRefs: boolean;
  /** Of which refs each move is logged: of all, of branches, or of those that have a log. */
  reflogs: 'all' | 'branches' | 'existing';
  /** Whether a group writes here together: git then gives each file the permissions for it. */
  groupShared: boolean;
  /** How many loose objects git lets gather before it packs them; 0 where it is told not to. */
  looseLimit: number;
  /** How many packs git lets gather before it makes one of them; 0 where it is told not to. */
  packLimit: number;
}

/** Those of a bare repository of which nothing is configured. */
export const PLAIN_TRAITS: RepositoryTraits = {
  fileRefs: true,
  reflogs: 'existing',
  groupShared: false,
  looseLimit: 6700,
  packLimit: 50,
};
