import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeCommit } from '../../src/git/model/commit.ts';
import { nameObject } from '../../src/git/model/object.ts';
import { applySettings, areSettingsApplied, removeSettings } from '../../src/githooks/server-settings.ts';
import { ObjectDb } from '../../src/isomorphic/objects.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

let folder: TempFolder;
let bare: string;
beforeEach(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  bare = await makeBareRepo(folder.path);
});
afterEach(() => folder.cleanup());

/** Pushes a commit of one file whose mode is written as given. @returns what git says where it is refused */
async function push(dir: string, mode: string): Promise<string | undefined> {
  const blob = nameObject({ type: 'blob', bytes: Buffer.from('x') });
  const line = [Buffer.from(`${mode} x\0`), Buffer.from(blob.oid, 'hex')];
  const tree = nameObject({ type: 'tree', bytes: Buffer.concat(line) });
  const person = { name: 'mal', email: 'mal@example.invalid', at: 1_767_438_000 };
  const lines = { author: person, committer: person, message: `${mode}\n` };
  const commit = makeCommit({ tree: tree.oid, parents: [], ...lines });
  await new ObjectDb(fs, join(dir, '.git')).write([blob, tree, commit]);
  const refused = runGit(dir, ['push', '--quiet', bare, `${commit.oid}:refs/heads/${mode}`]);
  return refused.then(
    () => undefined,
    (error: Error) => error.message,
  );
}

it('given a server that is set up, when a tree has a mode that git would not have written, then git itself refuses it', async () => {
  const dir = await makeWorkRepo(folder.path, 'work');
  expect(await push(dir, '100600')).toBeUndefined();
  await applySettings(bare);
  expect(await push(dir, '100664')).toContain('badFilemode');
  expect(await push(dir, '0100644')).toContain('zeroPaddedFilemode');
  expect(await push(dir, '100644')).toBeUndefined();
});

it('given settings of the server’s own, when it is set up and that is taken back, then they are as they were', async () => {
  const key = 'receive.fsck.badFilemode';
  await runGit(bare, ['config', key, 'warn']);
  expect(await areSettingsApplied(bare)).toBe(false);
  await applySettings(bare);
  await applySettings(bare);
  expect(await areSettingsApplied(bare)).toBe(true);
  await runGit(bare, ['config', key, 'ignore']);
  expect(await areSettingsApplied(bare)).toBe(false);
  await runGit(bare, ['config', key, 'error']);
  await removeSettings(bare);
  expect(await runGit(bare, ['config', '--get-regexp', '^(receive|ledger)\\.'])).toBe(
    'receive.fsck.badfilemode warn',
  );
});
