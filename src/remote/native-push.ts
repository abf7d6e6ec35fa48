import { type GitAnswer, lastWords } from '../git/client.ts';
import type { PushResult, Written } from './port.ts';

/** Runs git on a clone's repository. */
export type Git = (args: readonly string[]) => Promise<GitAnswer>;

/** To the refs that are named and no others: what the repository itself is set up to fetch may be the local branch, as in a mirror. */
export const FETCH = [
  'fetch',
  '--refmap=',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
];

export const PUSH = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--no-recurse-submodules'];

const AGAIN =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value|remote ref updated since checkout/;

const NO_RIGHTS =
  /Permission (?:to \S+ )?denied|Authentication failed|could not read Username|returned error: 40[13]\b/;

/** What git says where it was not even told what the remote has, so that nothing can have been sent. */
const NEVER_ARRIVED =
  /does not appear to be a git repository|Could not read from remote repository|unable to access|Could not resolve|repository '[^'\n]*' not found/i;

/** What became of one ref, by what `git push --porcelain` printed. */
export function readGitPush(said: string, target: string): PushResult {
  const [line] = linesOf(said, target);
  // Git that was killed ends without a word: only git's own line counts.
  if (line !== undefined && !line.startsWith('!')) return { kind: 'accepted' };
  if (line?.startsWith('!')) {
    const reason = line.slice(line.lastIndexOf('\t') + 1);
    if (AGAIN.test(line)) return { kind: 'behind' };
    const words = [reason, ...remoteWords(said)].join(': ');
    // Its disk is full, or the like: nothing was taken, and nobody said no.
    if (/unpacker error|unpack failed/.test(line)) return { kind: 'unreachable', cause: new Error(words) };
    return { kind: 'refused', reason: words };
  }
  if (NO_RIGHTS.test(said)) return { kind: 'refused', reason: lastWords(said) };
  const cause = new Error(lastWords(said));
  return { kind: NEVER_ARRIVED.test(said) ? 'unreachable' : 'unknown', cause };
}

/** Lines on one ref: one for each address that is pushed to, those that say no first. */
function linesOf(said: string, target: string): string[] {
  const lines = said.split('\n').filter((text) => text.includes(`:${target}\t`));
  return lines.sort((a, b) => Number(b.startsWith('!')) - Number(a.startsWith('!')));
}

/**
 * What `git push --dry-run` of what was seen tells of the branch that it would go to.
 *
 * @returns `parted` where that has what was not seen: whether it builds on it is not told
 */
export function readDryRun(said: string, target: string): Written {
  const flags = linesOf(said, target).map((line) => line[0]);
  if (flags.length === 0) return 'unknown';
  if (flags.some((flag) => flag === ' ' || flag === '*')) return 'lacks';
  return flags.every((flag) => flag === '=') ? 'holds' : 'parted';
}

/** What the other side's hooks said. */
function remoteWords(said: string): string[] {
  const words = said
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trim());
  return words.filter((line) => line !== '').slice(0, 5);
}
