import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileChange } from '../store/port.ts';

/** Beside the sources and beside the build alike. */
const TEMPLATES = join(import.meta.dirname, '../../templates/ledger-branch');

/** Files beside the settings that the root commit lays down, for people who land on the branch. */
export function branchFiles(): FileChange[] {
  return [
    { path: 'README.md', bytes: readFileSync(join(TEMPLATES, 'README.md')) },
    { path: '.gitattributes', bytes: readFileSync(join(TEMPLATES, 'gitattributes')) },
  ];
}
