import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTerminal, type Terminal } from './typed.ts';

/** On this clock nothing gets old, so that a claim trusts what was seen before. */
export const STILL = { WL_NOW: '2026-01-03T11:00:00.000Z' };

/**
 * A ledger with one item in the clones `ada`, where one types, and `bob`. A clone whose `remote.origin.uploadpack` is
 * `slow-upload-pack` waits for as many seconds as the file `delay` says, once the file `called` is there.
 */
export async function openSlowTerminal(seconds: string): Promise<Terminal> {
  const terminal = await openTerminal();
  const { folder } = terminal.repo;
  writeFileSync(join(folder, 'delay'), seconds);
  await terminal.install(
    'slow-upload-pack',
    `touch '${folder}/called'; sleep "$(cat '${folder}/delay')"; exec git-upload-pack "$@"`,
  );
  const bob = await terminal.repo.clone('bob');
  await terminal.repo.git(bob, 'config', 'user.name', 'bob');
  await terminal.repo.git(bob, 'config', 'user.email', 'bob@example.invalid');
  const made = await terminal.type('wl init && wl create "Sort the keys" && wl -C ../bob sync', STILL);
  if (made.status !== 0) throw new Error(made.stderr);
  return terminal;
}
