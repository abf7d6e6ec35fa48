import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namesIn } from '../../src/git/signatures.ts';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

const ADA = 'ada <ada@example.invalid>';
const EVE = 'eve (a stranger) <eve@example.invalid>';

// Ada's keyring has her own key, and Eve's, of which Ada signed that it is Eve's. Eve's key calls itself Ada's first of all.
let place: Workplace;
let dir: string;
const homes = { ada: '', eve: '' };
const here = (...args: string[]): Promise<Said> => wl(dir, args);

async function gpg(home: string, ...args: string[]): Promise<string> {
  const all = ['--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args];
  return (await promisify(execFile)('gpg', ['--homedir', home, ...all])).stdout;
}

async function makeKey(home: string, user: string): Promise<string> {
  await mkdir(home, { mode: 0o700 });
  await gpg(home, '--quick-generate-key', user, 'ed25519', 'sign,cert', 'never');
  return /^fpr:+([0-9A-F]+):/m.exec(await gpg(home, '--with-colons', '--list-keys'))?.[1] ?? '';
}

/** Everything that the program commits from now on is signed with a key of this keyring. */
async function signWith(home: string, key: string): Promise<void> {
  vi.stubEnv('GNUPGHOME', home);
  await runGit(dir, ['config', 'user.signingkey', key]);
}

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  dir = place.remote;
  Object.assign(homes, { ada: join(place.path, 'gpg-a'), eve: join(place.path, 'gpg-e') });
  const [ada, eve] = [await makeKey(homes.ada, ADA), await makeKey(homes.eve, EVE)];
  await gpg(homes.eve, '--quick-add-uid', eve, ADA);
  await gpg(homes.eve, '--quick-set-primary-uid', eve, ADA);
  const exported = join(place.path, 'eve.asc');
  await gpg(homes.eve, '--armor', '--output', exported, '--export', eve);
  await gpg(homes.ada, '--import', exported);
  await gpg(homes.ada, '--quick-lsign-key', eve, EVE);
  await runGit(dir, ['config', 'gpg.format', 'openpgp']);
  await runGit(dir, ['config', 'ledger.sign', 'true']);
  await signWith(homes.ada, ada);
  await here('init', '--actor', 'ada');
  await here('create', 'By ada', '--actor', 'ada');
  await here('create', 'For bob', '--actor', 'bob');
  await signWith(homes.eve, eve);
  await here('create', 'As ada', '--actor', 'ada');
  vi.stubEnv('GNUPGHOME', homes.ada);
});
afterAll(async () => {
  for (const home of Object.values(homes))
    await promisify(execFile)('gpgconf', ['--homedir', home, '--kill', 'all']);
  vi.unstubAllEnvs();
  await place.cleanup();
});

it('given transitions signed with OpenPGP keys, then whose they are is what the keyring holds to be valid, not what a key says', async () => {
  expect(await runGit(dir, ['log', '-1', '--format=%G? %GS', 'work-ledger'])).toBe(`G ${ADA}`);
  const { data } = await here('verify', '--full', '--signatures', '--require-signatures', '--json');
  expect(data).toMatchObject({
    ok: true,
    signatures: { authenticated: { ada: 2 }, vouched: { ada: { bob: 1 }, eve: { ada: 1 } }, asserted: {} },
  });
});

it('given a keyring without the keys, then nothing can be checked, and that is found where signatures are required', async () => {
  const nobody = join(place.path, 'gpg-n');
  await mkdir(nobody, { mode: 0o700 });
  vi.stubEnv('GNUPGHOME', nobody);
  const said = await here('verify', '--full', '--require-signatures', '--json');
  vi.stubEnv('GNUPGHOME', homes.ada);
  const rules = (said.data.findings as { rule: string }[]).map(({ rule }) => rule);
  expect(rules).toEqual(Array(4).fill('signature:unchecked'));
});

it('given a listing of a key, then only valid user IDs count, by their names', () => {
  const uid = (validity: string, id: string): string => `uid:${validity}::::1::HASH::${id}::::::::::0:`;
  const lines = [
    'pub:u:255:',
    uid('u', 'a\\x3ab (x) <a@b>'),
    uid('-', 'ada <a@b>'),
    uid('f', 'cy'),
    uid('r', 'dan'),
  ];
  expect(namesIn(lines.join('\n'))).toEqual(['a:b', 'cy']);
});
