import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

// Ada signs with her own key, a machine signs for bob, eve signs with a key that nobody knows, and cy does not sign.
let place: Workplace;
let dir: string;
let signers: string;
const here = (...args: string[]): Promise<Said> => wl(dir, args);
const key = (name: string): string => join(place.path, `${name}.key`);

/** Makes an item as `actor`, and the commit again with a signature. */
async function createSigned(actor: string, signer: string): Promise<string> {
  await here('create', `By ${actor}`, '--actor', actor);
  const [name = '', date = '', tree = '', ...message] = (
    await runGit(dir, ['log', '-1', '--format=%an%n%ad%n%T%n%B', '--date=raw', 'work-ledger'])
  ).split('\n');
  const sign = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${key(signer)}`];
  const args = ['commit-tree', '-S', tree, '-p', 'work-ledger~1', '-m', message.join('\n').trimEnd()];
  const env = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const commit = await runGit(dir, [...sign, ...args], env);
  await runGit(dir, ['update-ref', 'refs/heads/work-ledger', commit]);
  return commit;
}

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  dir = place.remote;
  for (const name of ['ada', 'machine', 'eve']) {
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key(name)]);
  }
  signers = join(place.path, 'allowed_signers');
  const publicKey = async (name: string): Promise<string> =>
    `${name} ${await readFile(`${key(name)}.pub`, 'utf8')}`;
  await writeFile(signers, `${await publicKey('ada')}${await publicKey('machine')}`);
  await here('init', '--actor', 'cy');
  await createSigned('ada', 'ada');
  await createSigned('bob', 'machine');
  await createSigned('eve', 'eve');
});
afterAll(() => place.cleanup());

it('tells authenticated actors from those that a machine vouches for and those that are asserted', async () => {
  const said = await here('verify', '--signatures', '--allowed-signers', signers, '--json');
  expect(said.data).toMatchObject({
    ok: true,
    signatures: { authenticated: { ada: 1 }, vouched: { machine: { bob: 1 } }, asserted: { cy: 1, eve: 1 } },
  });
  const { stdout } = await here('verify', '--signatures', '--allowed-signers', signers);
  expect(stdout).toMatch(/^authenticated +ada +1$/m);
  expect(stdout).toMatch(/^vouched +bob +1 +by machine$/m);
});

it('finds what is not signed with a known key where signatures are required, and only in the range', async () => {
  const args = ['verify', '--require-signatures', '--allowed-signers', signers, '--json'];
  const rules = (said: Said): unknown[] => (said.data.findings as { rule: string }[]).map(({ rule }) => rule);
  const whole = await here(...args);
  expect(whole.status).toBe(9);
  expect(rules(whole).toSorted()).toEqual(['signature:none', 'signature:unknown_key']);
  expect(rules(await here(...args, `${await runGit(dir, ['rev-parse', 'work-ledger~1'])}..`))).toEqual([
    'signature:unknown_key',
  ]);
});

it('given nobody who says whose keys are whose, then nobody is authenticated', async () => {
  const { data } = await here('verify', '--signatures', '--json');
  expect(data.signatures).toEqual({
    authenticated: {},
    vouched: {},
    asserted: { cy: 1, ada: 1, bob: 1, eve: 1 },
  });
});

it('takes the file that git is configured with, and refuses one that cannot be read', async () => {
  await runGit(dir, ['config', 'gpg.ssh.allowedSignersFile', signers]);
  const { data } = await here('verify', '--signatures', '--json');
  expect(data.signatures).toMatchObject({ authenticated: { ada: 1 } });
  await runGit(dir, ['config', '--unset', 'gpg.ssh.allowedSignersFile']);
  expect(await here('verify', '--allowed-signers', join(place.path, 'none'))).toMatchObject({ status: 2 });
});

it('finds a signature that was taken from another commit', async () => {
  const commit = await runGit(dir, ['cat-file', 'commit', 'work-ledger~2']);
  await writeFile(
    join(place.path, 'moved'),
    `${commit.replace(/ada/g, 'bob').replaceAll('By ada', 'By me')}\n`,
  );
  const forged = await runGit(dir, ['hash-object', '-t', 'commit', '-w', join(place.path, 'moved')]);
  const parent = await runGit(dir, ['rev-parse', 'work-ledger~3']);
  const said = await here(
    'verify',
    '--signatures',
    '--allowed-signers',
    signers,
    `${parent}..${forged}`,
    '--json',
  );
  expect((said.data.findings as { rule: string }[]).map(({ rule }) => rule)).toContain('signature:bad');
});
