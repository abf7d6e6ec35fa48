#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { lackOf } from '../node.ts';
import { followLauncher, runOn } from './relaunch.ts';

// A clone may bring a `git.exe`, and Windows looks for programs in the current directory first.
if (process.platform === 'win32') process.env.NoDefaultCurrentDirectoryInExePath ??= '1';

// Everything else is loaded after this check, so that an older Node says what it lacks instead of a syntax error.
const lack = lackOf(process.versions.node);

/** In a checkout, the Node that npm installed beside it serves where the machine's own is too old. */
const pinned = (): string => join(import.meta.dirname, '../../node_modules/node/bin/node');

if (lack === undefined) {
  followLauncher();
  keepCompiled();
  const [, , word, name = ''] = process.argv;
  starterOf(word, name).then(({ start }) => start());
} else if (existsSync(pinned())) {
  runOn(pinned(), [import.meta.filename, ...process.argv.slice(2)]).catch(() => refuse(lack));
} else {
  refuse(lack);
}

/** What hooks of git run is apart: a push waits for it. */
function starterOf(word: string | undefined, hook: string): Promise<{ start: () => Promise<void> }> {
  const isGits = word === 'hook' && /^(?:pre-|post-|update$|commit-msg$)/.test(hook);
  return isGits ? import('./start-hook.ts') : import('./program.ts');
}

function refuse(why: string): void {
  process.stderr.write(`wl: ${why}\n`);
  process.exitCode = 2;
}

/**
 * Keeps compiled code for the next start, in a folder of this user: Node's own choice is a folder for temporary files,
 * where another user could have put code. Where nothing can be written, nothing is kept.
 */
function keepCompiled(): void {
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  const caches = [XDG_CACHE_HOME, LOCALAPPDATA, HOME && join(HOME, '.cache')];
  const cache = caches.find((one) => one && isAbsolute(one));
  const folder = cache && join(cache, 'work-ledger');
  if (folder && isMade(folder)) enableCompileCache?.(folder);
}

/** True where the folder is there or could be made. One by one: where the system says no, Node's own way of making all never ends. */
function isMade(folder: string): boolean {
  if (existsSync(folder)) return true;
  try {
    if (!isMade(dirname(folder))) return false;
    mkdirSync(folder);
    return true;
  } catch {
    // Another process was first, or it cannot be.
    return existsSync(folder);
  }
}
