import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runGit } from './temp-repo.ts';

/** The only refs that the program writes in a clone. */
const OWN_REFS = /^refs\/(?:heads\/work-ledger$|remotes\/[^/]+\/work-ledger$|work-ledger\/)/;
/** Files of a git directory in which a person's work and settings are. */
const FILES = [
  'HEAD',
  'index',
  'config',
  'ORIG_HEAD',
  'FETCH_HEAD',
  'MERGE_HEAD',
  'logs/HEAD',
  'logs/refs/stash',
];

/** Everything of a clone that is not the ledger's: each file's bytes, each ref, byte for byte. */
export async function footprint(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of FILES) found[`.git/${name}`] = digest(join(dir, '.git', name));
  for (const path of filesUnder(dir)) found[relative(dir, path)] = digest(path);
  const refs = await runGit(dir, ['for-each-ref', '--format=%(refname) %(objectname)']);
  for (const line of refs.split('\n')) {
    const [ref = '', oid = ''] = line.split(' ');
    if (!OWN_REFS.test(ref)) found[ref] = oid;
  }
  return found;
}

function digest(path: string): string {
  const bytes = statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path);
  return bytes === undefined ? 'not there' : createHash('sha256').update(bytes).digest('hex');
}

function filesUnder(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(dir, path).startsWith('.git/'));
}
