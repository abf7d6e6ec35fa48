import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What starts this very program again: in a package the launcher, which any Node can read; in a checkout its source. */
export function ownProgram(): { node: string; main: string } {
  const built = join(import.meta.dirname, 'main.cjs');
  return { node: process.execPath, main: existsSync(built) ? built : join(import.meta.dirname, 'main.ts') };
}

/** The same, as words of a call. */
export function launcher(): string[] {
  const { node, main } = ownProgram();
  return [node, main];
}

/** The package's version. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  return version;
}
