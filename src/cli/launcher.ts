import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What starts this very program again: in a package the launcher, which any Node can read; in a checkout its source. */
export function launcher(): string[] {
  const built = join(import.meta.dirname, 'main.cjs');
  return [process.execPath, existsSync(built) ? built : join(import.meta.dirname, 'main.ts')];
}
