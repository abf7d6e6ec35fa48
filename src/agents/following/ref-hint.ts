import { type FSWatcher, watch } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Calls `changed` soon after a ref's file may have changed. A hint and no more: it can come late, too often, or never, and whoever
 * uses it looks by himself now and then.
 *
 * @param place the git directory
 * @returns what ends it
 */
export function hintAt(place: string, ref: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    // Its folder, since git replaces the file. It must not keep a program alive that is done otherwise.
    watcher = watch(dirname(join(place, ref)), { persistent: false }, changed);
    watcher.on('error', () => watcher?.close());
  } catch {
    // No such folder, no disk, or no more watches to be had.
  }
  return () => watcher?.close();
}
