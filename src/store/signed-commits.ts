import type { DiskObjects } from '../git/disk-objects.ts';
import { signCommit } from '../git/sign-commit.ts';
import { buildCommits } from './build-commits.ts';
import type { CommitDraft, Oid } from './port.ts';

/** Makes the drafts one after another on `base`, each signed, which takes a git process for each. */
export async function makeSigned(
  gitDir: string,
  objects: DiskObjects,
  base: Oid | undefined,
  drafts: readonly CommitDraft[],
): Promise<Oid[]> {
  const oids: Oid[] = [];
  for (const draft of drafts) {
    const { objects: made } = await buildCommits(objects, oids.at(-1) ?? base, [draft]);
    const commit = made.at(-1);
    if (commit === undefined) continue;
    await objects.write(made.slice(0, -1));
    oids.push(await signCommit(gitDir, commit.bytes));
  }
  return oids;
}
