import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package's version. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const { version } = manifest as { version: string };
  return version;
}
