import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOSTS } from '../../src/hosts/list.ts';
import { hostFiles } from '../../src/ledger/branch-files.ts';
import { expectPrinted } from '../docs/console.ts';
import { readProject, section, table } from '../docs/markdown.ts';
import { openTerminal } from '../helpers/typed.ts';

const PAGE = readProject('docs/review-hosts.md');

test('given a bare repository, when the page is followed, then it prints what the page says', async () => {
  const { repo, dir, type } = await openTerminal();
  await writeFile(join(dir, 'owners'), '* @ada\n');
  await expectPrinted(PAGE, (script) => type(script, { REPO: repo.bare }));
});

test('given the files of the hosts, when held against the page, then it names each and no other', () => {
  const told = table(section(PAGE, '## Files on the ledger branch')).map(([, file]) => file);
  const laid = HOSTS.flatMap((host) => hostFiles(host, { branch: 'work-ledger', version: '1' }));
  expect(told.toSorted()).toEqual(laid.map(({ path }) => path).toSorted());
});
