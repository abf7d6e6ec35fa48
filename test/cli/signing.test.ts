import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedger } from '../../src/index.ts';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

// Ada and bob sign with keys of their own, each in a clone of one remote.
let place: Workplace;
let signers: string;
const clones: Record<string, string> = {};

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  signers = join(place.path, 'allowed_signers');
  let allowed = '';
  for (const name of ['ada', 'bob']) {
    const key = join(place.path, `${name}.key`);
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
    allowed += `${name} ${await readFile(`${key}.pub`, 'utf8')}`;
    const dir = await place.clone(name);
    clones[name] = dir;
    const settings = { 'gpg.format': 'ssh', 'user.signingkey': key, 'ledger.sign': 'true' };
    for (const [setting, value] of Object.entries(settings)) await runGit(dir, ['config', setting, value]);
  }
  await writeFile(signers, allowed);
  expect(await as('ada', 'init')).toMatchObject({ status: 0 });
});
afterAll(() => place.cleanup());

const as = (name: string, ...args: string[]): Promise<Said> =>
  wl(clones[name] ?? '', [...args, '--actor', name]);
const tipOf = (dir = ''): Promise<string> => runGit(dir, ['rev-parse', 'work-ledger']);

it('given ledger.sign, then every transition is signed, also several at once and one that was decided again', async () => {
  await as('ada', 'create', 'One');
  await as('ada', 'create', 'Two');
  expect(await as('bob', 'sync')).toMatchObject({ status: 0 });
  expect(await as('ada', 'claim', '0001', '0002')).toMatchObject({ status: 0 });
  // Bob’s clone has not seen the claims: his comment loses the race and is built again on them.
  expect(await as('bob', 'comment', '0001', 'Good – go on. ✓')).toMatchObject({ status: 0 });
  expect(await as('ada', 'done', '0001')).toMatchObject({ status: 0 });
  const said = await wl(place.remote, [
    'verify',
    '--full',
    '--require-signatures',
    '--allowed-signers',
    signers,
    '--json',
  ]);
  expect(said.data).toMatchObject({ ok: true, findings: [], signatures: { vouched: {}, asserted: {} } });
  expect(said.data.signatures).toMatchObject({ authenticated: { ada: 6, bob: 1 } });
});

it('then nobody’s transitions are offered to be carried by another', async () => {
  expect(await runGit(place.remote, ['for-each-ref', 'refs/work-ledger/inbox'])).toBe('');
});

it('given an offer of anyone, when a clone that signs pushes, then it does not carry it; one that does not sign does', async () => {
  const zoe = await place.clone('zoe');
  await wl(zoe, ['sync', '--actor', 'zoe']);
  await wl(zoe, ['--offline', 'comment', '0002', 'as if I were bob', '--actor', 'bob']);
  await runGit(zoe, ['push', '--quiet', 'origin', 'work-ledger:refs/work-ledger/inbox/zzzz0000']);
  const bobs = (): Promise<string> =>
    runGit(place.remote, ['rev-list', '--count', '--author=^bob <', 'work-ledger']);
  const before = await bobs();
  for (const title of ['Three', 'Four']) {
    await as('ada', 'list', '--fetch');
    expect(await as('ada', 'create', title)).toMatchObject({ status: 0 });
  }
  expect(await bobs()).toBe(before);
  const carol = await place.clone('carol');
  await wl(carol, ['list', '--fetch']);
  expect(await wl(carol, ['create', 'Five', '--actor', 'carol'])).toMatchObject({ status: 0 });
  expect(await bobs()).toBe(`${Number(before) + 1}`);
});

it('given a key that is not there, or a name that git would change, then nothing is committed, and it says so', async () => {
  const dir = clones.bob ?? '';
  await as('bob', 'sync');
  const before = await tipOf(dir);
  const odd = await wl(dir, ['create', 'Three', '--actor', 'bob.', '--json']);
  expect(odd.error).toMatchObject({ code: 'STORAGE_FAILED' });
  await runGit(dir, ['config', 'user.signingkey', join(place.path, 'none.key')]);
  expect((await as('bob', 'create', 'Three', '--json')).error).toMatchObject({ code: 'STORAGE_FAILED' });
  expect(await tipOf(dir)).toBe(before);
  expect(await tipOf(place.remote)).toBe(before);
  await runGit(dir, ['config', 'user.signingkey', join(place.path, 'bob.key')]);
  expect(await as('bob', 'create', 'Three')).toMatchObject({ status: 0 });
});

it('given a setting that is neither yes nor no, or a backend that cannot sign, then the ledger is not opened', async () => {
  const dir = clones.ada ?? '';
  await expect(openLedger({ dir, backend: 'isomorphic', remote: null })).rejects.toMatchObject({
    code: 'UNSUPPORTED_REPOSITORY',
  });
  await runGit(dir, ['config', 'ledger.sign', 'maybe']);
  expect((await as('ada', 'list', '--json')).error.code).toBe('INVALID_INPUT');
});
