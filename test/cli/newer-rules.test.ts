import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
let id: string;

const SAID =
  /^wl: The ledger is under rules 2, and this program knows rules up to 1: it cannot .*\.\n(?:kept: wl rejected\n)?hint: Upgrade work-ledger; /m;

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
  await wl(dir, ['init']);
  id = idIn(await wl(dir, ['create', 'One']));
  const tree = join(place.path, 'tree');
  await runGit(place.path, ['clone', '--quiet', '--branch', 'work-ledger', place.remote, tree]);
  const settings = await readFile(join(tree, 'ledger.yaml'), 'utf8');
  await writeFile(join(tree, 'ledger.yaml'), settings.replace('rules_version: 1', 'rules_version: 2'));
  const person = ['-c', 'user.name=eve', '-c', 'user.email=eve@example.invalid'];
  await runGit(tree, [...person, 'commit', '--quiet', '--all', '--message', 'newer rules']);
  await runGit(tree, ['push', '--quiet']);
});
afterAll(() => place.cleanup());

test('given a ledger under newer rules, when anything would be written or judged, then it says to upgrade, with status 10', async () => {
  expect(await wl(dir, ['sync'])).toMatchObject({ status: 0 });
  const calls = [
    ['create', 'Two'],
    ['claim', id],
    ['update', id, '--title', 'Other'],
    ['config', 'set', 'max_attempts', '5'],
    ['config', 'set', 'rules_version', '2'],
    ['verify'],
    ['doctor', '--fix'],
    ['work', '--once', '--', 'true'],
  ];
  for (const args of calls) {
    const { status, stderr } = await wl(dir, args);
    expect([args.join(' '), status]).toEqual([args.join(' '), 10]);
    expect(stderr).toMatch(SAID);
  }
});

test('given a ledger under newer rules, when it is asked, then it answers', async () => {
  expect((await wl(dir, ['ready', '--json'])).data).toMatchObject([{ id, title: 'One' }]);
  expect((await wl(dir, ['show', id])).status).toBe(0);
  expect((await wl(dir, ['config', 'get', 'rules_version'])).stdout).toBe('2\n');
  expect((await wl(dir, ['doctor'])).status).toBe(9);
});
