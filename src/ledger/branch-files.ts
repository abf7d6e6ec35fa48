import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { AuxiliaryFile } from '../domain/configure.ts';
import type { Host } from '../hosts/list.ts';
import type { FileChange } from '../store/port.ts';

/** The texts that this package brings along: beside the sources and beside the build alike. */
export const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Files beside the settings that the root commit writes, for people who land on the branch. */
export function branchFiles(): FileChange[] {
  const folder = join(TEMPLATES, 'ledger-branch');
  return [
    { path: 'README.md', bytes: readFileSync(join(folder, 'README.md')) },
    { path: '.gitattributes', bytes: readFileSync(join(folder, 'gitattributes')) },
  ];
}

/** What goes into the files of a host. A branch of a ledger has no character that YAML, a shell or a host's patterns know. */
export interface HostNames {
  branch: string;
  /** Of this program: what the host's jobs install. */
  version: string;
}

/** What a host looks for on the ledger branch: jobs that check it, texts of proposals, who reviews what. */
export const hostFiles = (host: Host, { branch, version }: HostNames): AuxiliaryFile[] =>
  textsIn(join(TEMPLATES, 'hosts', host)).map(({ path, text }) => ({
    path,
    text: text.replaceAll('@LEDGER@', branch).replaceAll('@VERSION@', version),
  }));

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
