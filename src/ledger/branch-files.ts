import { readFileSync } from 'node:fs';
import type { FileChange } from '../store/port.ts';

/** Beside the sources and beside the build alike. */
const TEMPLATES = new URL('../../templates/ledger-branch/', import.meta.url);

/** Files beside the settings that the root commit lays down, for people who land on the branch. */
export function branchFiles(): FileChange[] {
  return [
    { path: 'README.md', bytes: readFileSync(new URL('README.md', TEMPLATES)) },
    { path: '.gitattributes', bytes: readFileSync(new URL('gitattributes', TEMPLATES)) },
  ];
}
