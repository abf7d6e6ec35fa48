import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Said, type Workplace, wl } from '../cli/workplace.ts';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';

// Ada leads and has a key of her own, bob has one, and eve’s is known as eve’s. Zoe has none. The server has the hook.
let place: Workplace;
const clones: Record<string, string> = {};
const NAMES = ['ada', 'bob', 'eve'];
const as = (name: string, ...args: string[]): Promise<Said> =>
  wl(clones[name] ?? '', args.includes('--actor') ? args : [...args, '--actor', name]);
const dirOf = (name: string): string => clones[name] ?? '';
const publicKey = async (name: string): Promise<string> =>
  (await readFile(join(place.path, `${name}.key.pub`), 'utf8')).trim();

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  for (const name of [...NAMES, 'zoe']) clones[name] = await place.clone(name);
  for (const name of NAMES) {
    const key = join(place.path, `${name}.key`);
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
    const settings = { 'gpg.format': 'ssh', 'user.signingkey': key, 'ledger.sign': 'true' };
    for (const [setting, value] of Object.entries(settings))
      await runGit(dirOf(name), ['config', setting, value]);
  }
  expect(await as('ada', 'init')).toMatchObject({ status: 0 });
  await as('ada', 'create', 'One');
  await as('ada', 'create', 'Two');
  for (const name of ['bob', 'eve', 'zoe']) await as(name, 'sync');
  expect(await as('ada', 'hooks', 'install', '--server', place.remote)).toMatchObject({ status: 0 });
  const signers = join(place.path, 'signers');
  const lines = await Promise.all(NAMES.map(async (name) => `${name} ${await publicKey(name)}\n`));
  await writeFile(signers, lines.join(''));
  expect(await as('ada', 'files', 'set', 'policy/allowed_signers', `@${signers}`)).toMatchObject({
    status: 0,
  });
  const policy = join(place.path, 'policy.yaml');
  const role = `  leads:\n    members: [ada, bob]\n    keys: ["${await publicKey('ada')}"]\n`;
  const rule = 'allow:\n  - verbs: [configure, cancel]\n    roles: [leads]\n';
  await writeFile(policy, `signatures: required\nroles:\n${role}${rule}`);
  expect(await as('ada', 'config', 'apply', policy)).toMatchObject({ status: 0 });
});
afterAll(() => place.cleanup());

it('given signatures that are required, when a clone that does not sign writes, then it is told before anything is made', async () => {
  const said = await as('zoe', 'claim', '0001', '--json');
  expect(said.status).toBe(4);
  expect(JSON.parse(said.stderr)).toMatchObject({
    error: { code: 'POLICY_DENIED', hint: expect.stringContaining('git config ledger.sign true') },
  });
  expect((await as('zoe', 'status', '--json')).data).toMatchObject({ pending: [] });
});

it('given a known key, when its owner works, then the hook takes it and verify finds nothing', async () => {
  expect(await as('bob', 'claim', '0001')).toMatchObject({ status: 0 });
  expect(await as('bob', 'done', '0001')).toMatchObject({ status: 0 });
  const said = await wl(place.remote, ['verify', '--full', '--signatures', '--json']);
  expect(said.data).toMatchObject({ ok: true, signatures: { asserted: {}, vouched: {} } });
  expect(said.data.signatures).toMatchObject({ authenticated: { bob: 2 } });
});

it('given another’s name, when it is signed with a key of one’s own, then the hook refuses it and says whose it is', async () => {
  const said = await as('eve', 'claim', '0002', '--actor', 'bob');
  expect(said.status).toBe(4);
  expect(said.stderr).toContain('signature:other_signer');
  expect(said.stderr).toContain('signed by eve, and not by bob');
});

it('given a role with a key, when a member signs with another key, then the hook refuses it, and who has the key may', async () => {
  const said = await as('bob', 'config', 'set', 'max_attempts', '5');
  expect(said.status).toBe(4);
  expect(said.stderr).toContain('signature:other_key');
  expect(await as('ada', 'config', 'set', 'max_attempts', '5')).toMatchObject({ status: 0 });
});

it('given a commit whose signature was taken off, when it is pushed by hand, then the hook refuses it, and verify finds it', async () => {
  expect(await as('bob', 'sync')).toMatchObject({ status: 0 });
  const dir = dirOf('bob');
  await runGit(dir, ['config', 'ledger.mode', 'local']);
  expect(await as('bob', 'comment', '0002', 'hello')).toMatchObject({ status: 0 });
  const signed = await runGit(dir, ['cat-file', 'commit', 'work-ledger']);
  const plain = join(place.path, 'plain');
  await writeFile(plain, `${signed.replace(/^gpgsig (?:.*\n)*? -----END SSH SIGNATURE-----\n/m, '')}\n`);
  const commit = await runGit(dir, ['hash-object', '-t', 'commit', '-w', plain]);
  const pushed = await promisify(execFile)('git', ['push', 'origin', `${commit}:refs/heads/work-ledger`], {
    cwd: dir,
  }).catch((error: { stderr: string }) => error);
  expect(pushed.stderr).toContain('signature:none');
  await runGit(dir, ['update-ref', 'refs/heads/work-ledger', commit]);
  const said = await as('bob', 'verify', '--full', '--json');
  expect(said).toMatchObject({ status: 9, data: { findings: [{ rule: 'signature:none', commit }] } });
});

it('given a key that was revoked on one side, when the other side is merged, then the hook refuses it, whoever signs the merge', async () => {
  const dir = dirOf('bob');
  await runGit(dir, ['fetch', '--quiet', 'origin', 'work-ledger']);
  await runGit(dir, ['update-ref', 'refs/heads/work-ledger', 'FETCH_HEAD']);
  expect(await as('bob', 'comment', '0002', 'signed while it was known')).toMatchObject({ status: 0 });
  const signers = join(place.path, 'signers');
  await writeFile(signers, `ada ${await publicKey('ada')}\n`);
  expect(await as('ada', 'files', 'set', 'policy/allowed_signers', `@${signers}`)).toMatchObject({
    status: 0,
  });
  await runGit(dir, ['checkout', '--quiet', '--force', 'work-ledger']);
  await runGit(dir, ['fetch', '--quiet', 'origin', 'work-ledger']);
  const merge = async (key: string): Promise<string> => {
    const by = ['-c', `user.signingkey=${join(place.path, `${key}.key`)}`];
    await runGit(dir, ['reset', '--quiet', '--hard', 'work-ledger']);
    await runGit(dir, [...by, 'merge', '--quiet', '--no-edit', '-S', 'FETCH_HEAD']);
    const pushed = await promisify(execFile)('git', ['push', 'origin', 'HEAD:refs/heads/work-ledger'], {
      cwd: dir,
    }).catch((error: { stderr: string }) => error);
    await runGit(dir, ['reset', '--quiet', '--hard', 'HEAD^']);
    return pushed.stderr;
  };
  expect(await merge('bob')).toMatch(/signature:(unknown_key|revoked)/);
  expect(await merge('ada')).toContain('is signed with a key that one side no longer knows');
});
