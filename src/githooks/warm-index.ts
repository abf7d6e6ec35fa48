import { statSync } from 'node:fs';
import { openNativeBackend } from '../ledger/open-native.ts';
import { chooseBranch } from '../ledger/settings.ts';
import { Projection } from '../projection/projection.ts';

/**
 * Makes the index that pushes are judged by, which the first push would wait for.
 *
 * @returns false where there is no ledger yet, or where the repository is another user's: whoever takes pushes could not write
 *   to an index of ours
 */
export async function warmIndex(dir: string): Promise<boolean> {
  const backend = await openNativeBackend(dir);
  try {
    const { config, place, refs, store, indexDir, lock } = backend;
    const tip = await refs.readRef(`refs/heads/${chooseBranch({}, config)}`);
    if (tip === undefined || statSync(place).uid !== process.getuid?.()) return false;
    const projection = new Projection({ store, dir: indexDir, lock });
    try {
      await projection.knowDeletions(tip);
      await projection.read(tip, () => undefined);
      return true;
    } finally {
      projection.close();
    }
  } finally {
    await backend.close();
  }
}
