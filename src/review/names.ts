import { isWorkId, type WorkId } from '../domain/ids.ts';

/** The branch of an item's proposal, without `refs/heads/`. */
export const branchOf = (id: WorkId): string => `review/${id}`;

/** The item whose proposal a branch holds; `undefined` where it is none's. */
export function itemOfBranch(branch: string): WorkId | undefined {
  const [, id = ''] = /^(?:refs\/heads\/)?review\/([^/]+)$/.exec(branch) ?? [];
  return isWorkId(id) ? id : undefined;
}
