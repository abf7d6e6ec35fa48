/**
 * One of several processes that append to one ref, each commit on what it finds there: with a store or
 * with git's own commands. Prints each acknowledged commit on a line of its own.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { NativeStore } from '../../src/store/native.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { appendAgainstOthers, draft, REF } from './drafts.ts';

const [kind = '', gitdir = '', name = '', count = '0'] = process.argv.slice(2);

async function nativeAppend(message: string): Promise<string> {
  for (;;) {
    try {
      const tip = await runGit(gitdir, ['rev-parse', '--verify', REF]);
      const made = await runGit(gitdir, ['commit-tree', '-m', message, '-p', tip, `${tip}^{tree}`]);
      await runGit(gitdir, ['update-ref', REF, made, tip]);
      return made;
    } catch {
      // Another process was first, or holds the lock; or git took away the folder that git was about to write to.
    }
  }
}

async function swapOnce(ref: string, expected: string, next = ''): Promise<string> {
  const moved = await store.moveRef(ref, expected === 'none' ? undefined : expected, next);
  return moved ? next : 'lost';
}

const store = kind === 'isomorphic' ? await IsomorphicStore.open({ fs, gitdir }) : new NativeStore(gitdir);
if (kind === 'swap') {
  process.stdout.write(`${await swapOnce(name, count, process.argv[6])}\n`);
} else {
  for (let n = 0; n < Number(count); n += 1) {
    const message = `${name} ${n}`;
    const text = kind === 'large' ? randomBytes(60_000).toString('base64') : message;
    const change = draft(message, { [`active/${name}/${n}.yaml`]: text });
    const made = kind === 'native' ? await nativeAppend(message) : await appendAgainstOthers(store, change);
    process.stdout.write(`${made}\n`);
  }
}
