import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { FileBeside } from '../domain/configure.ts';
import { LedgerError } from '../domain/errors.ts';
import type { FileChange } from '../store/port.ts';
import type { Host } from './hosts.ts';

/** Beside the sources and beside the build alike. */
const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Files beside the settings that the root commit lays down, for people who land on the branch. */
export function branchFiles(): FileChange[] {
  const folder = join(TEMPLATES, 'ledger-branch');
  return [
    { path: 'README.md', bytes: readFileSync(join(folder, 'README.md')) },
    { path: '.gitattributes', bytes: readFileSync(join(folder, 'gitattributes')) },
  ];
}

/** What goes into the files of a host: names that stand in YAML and in a shell's words. */
export interface HostNames {
  branch: string;
  /** Of this program: what the host's jobs install. */
  version: string;
}

/** Any branch that git takes could mean something else in YAML, in a shell, or as a pattern of a host. */
const PLAIN_NAME = /^[\w./-]+$/;

/**
 * What a host looks for on the ledger branch: jobs that check it, texts of proposals, who reviews what.
 *
 * @throws LedgerError `INVALID_INPUT` for a branch whose name does not go into such files as it is
 */
export function hostFiles(host: Host, { branch, version }: HostNames): FileBeside[] {
  if (!PLAIN_NAME.test(branch)) {
    throw new LedgerError(
      'INVALID_INPUT',
      `The branch ${JSON.stringify(branch)} cannot be named in the files of a host.`,
      {
        hint: 'Its name may have letters, digits, and . _ - /',
        details: { branch },
      },
    );
  }
  return textsIn(join(TEMPLATES, 'hosts', host)).map(({ path, text }) => ({
    path,
    text: text.replaceAll('@LEDGER@', branch).replaceAll('@VERSION@', version),
  }));
}

/** The templates of items that this program brings along, where a ledger keeps its own. */
export const itemTemplates = (): { path: string; text: string }[] =>
  textsIn(join(TEMPLATES, 'items')).map(({ path, text }) => ({ path: `templates/${path}`, text }));

/** Files of a folder and those in it, by their paths from there, sorted. */
function textsIn(folder: string): { path: string; text: string }[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({
      path: file.slice(folder.length + 1).replaceAll(sep, '/'),
      text: readFileSync(file, 'utf8'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
