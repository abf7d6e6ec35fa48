import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRepository } from '../../../src/git/repository.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  runGit,
  type TempFolder,
} from '../../helpers/temp-repo.ts';

isolateThisProcess();

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

/** Name, addresses, addresses for pushes, and where pushes go if that is another one. */
const REMOTES: [name: string, urls: string[], pushUrls: string[], elsewhere: string | undefined][] = [
  ['plain', ['https://one/x'], [], undefined],
  ['same', ['https://one/x'], ['https://one/x'], undefined],
  ['pushurl', ['https://one/x'], ['https://other/x'], 'https://other/x'],
  ['several', ['https://one/x'], ['https://one/x', 'https://other/x'], 'https://other/x'],
  ['two', ['https://one/x', 'https://other/x'], [], 'https://other/x'],
  ['short', ['gh:x'], [], undefined],
  ['alike', ['gh:x'], ['https://hub/x'], undefined],
  ['aliased', ['https://one/x'], ['gh:x'], 'gh:x'],
  ['longest', ['gh:deep/x'], ['https://hub/deep/x'], 'https://hub/deep/x'],
  ['rewritten', ['https://read/x'], [], 'ssh://write/x'],
  ['explicit', ['https://read/x'], ['https://read/x'], undefined],
];
const REWRITES = [
  ['url.https://hub/.insteadOf', 'gh:'],
  ['url.https://deeper/.insteadOf', 'gh:deep/'],
  ['url.ssh://write/.pushInsteadOf', 'https://read/'],
];

test('given every way in which git is told addresses, when they are read, then pushes go elsewhere exactly where git says so', async () => {
  const bare = await makeBareRepo(folder.path);
  for (const [key = '', value = ''] of REWRITES) await runGit(bare, ['config', '--add', key, value]);
  for (const [name, urls, pushUrls] of REMOTES) {
    for (const url of urls) await runGit(bare, ['config', '--add', `remote.${name}.url`, url]);
    for (const url of pushUrls) await runGit(bare, ['config', '--add', `remote.${name}.pushurl`, url]);
  }
  const { remotes, pushes } = await openRepository(bare);
  for (const [name, [url], , elsewhere] of REMOTES) {
    expect(remotes.get(name), name).toBe(url);
    expect(pushes.get(name), name).toBe(elsewhere);
    const fetched = await runGit(bare, ['remote', 'get-url', name]);
    const pushed = (await runGit(bare, ['remote', 'get-url', '--push', '--all', name])).split('\n');
    expect(elsewhere === undefined, name).toBe(pushed.every((one) => one === fetched));
    // What git is told to read is where it pushes to.
    if (elsewhere !== undefined)
      expect(pushed, name).toContain(await runGit(bare, ['ls-remote', '--get-url', elsewhere]));
  }
});
