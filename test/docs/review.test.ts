import { delimiter } from 'node:path';
import { expect, test, vi } from 'vitest';
import { REVIEW_RULES } from '../../src/review.ts';
import { openTerminal, type Terminal } from '../helpers/typed.ts';
import { expectPrinted } from './console.ts';
import { readProject, section, table } from './markdown.ts';

// Each types a dozen commands, and each of these is a process that pushes.
vi.setConfig({ testTimeout: 120_000 });

const PAGE = readProject('docs/review.md');
const PARTS = [...PAGE.matchAll(/^## .*$/gm)].map(([heading]) => heading);

/** A clone whose remote has the address of a host, which git finds elsewhere, with the host's program. */
async function onGitHub({ repo, dir, install, env }: Terminal): Promise<NodeJS.ProcessEnv> {
  const url = 'https://github.com/ada/work.git';
  await repo.git(dir, 'config', `url.${repo.url}.insteadOf`, url);
  await repo.git(dir, 'config', 'remote.origin.url', url);
  const made = `${repo.folder}/made`;
  await install(
    'gh',
    `if [ "$2" = create ]; then touch '${made}'; echo https://github.com/ada/work/pull/7
elif [ -e '${made}' ]; then echo '[{"url":"https://github.com/ada/work/pull/7"}]'; else echo '[]'; fi`,
  );
  const [bin = '', ...rest] = (env.PATH ?? '').split(delimiter);
  await repo.git(repo.folder, 'init', '--quiet', 'without-gh');
  await install('../without-gh/wl', `exec '${bin}/wl' "$@"`);
  return { WITHOUT_GH: [`${repo.folder}/without-gh`, ...rest].join(delimiter) };
}

test.each(PARTS.filter((heading) => section(PAGE, heading).includes('```console')))(
  'given the part "%s" of docs/review.md, when its commands are typed, then they print what it says',
  async (heading) => {
    const terminal = await openTerminal();
    expect(await terminal.type('wl init')).toMatchObject({ status: 0 });
    const more = heading === '## As a pull request' ? await onGitHub(terminal) : {};
    await expectPrinted(section(PAGE, heading), (script) => terminal.type(script, more));
    expect(await terminal.type('wl verify')).toMatchObject({ status: 0 });
  },
);

test('given the rules of a review, when the page is read, then it lists each of them', () => {
  const told = table(section(PAGE, '## Checking it before it is merged')).map(([rule]) => rule);
  expect(told).toEqual(Object.keys(REVIEW_RULES));
});
