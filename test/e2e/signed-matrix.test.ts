import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { signCommit } from '../../src/git/signatures.ts';
import { makeWorkplace, type Said, type Workplace, wl } from '../cli/workplace.ts';
import { readProject, section } from '../docs/markdown.ts';
import { withSignature } from '../helpers/ssh-signer.ts';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';

// A ledger that wants each commit signed, and every way in which a signature can be. Each commit is judged three times: by `wl verify`, by the
// hook of a server, and by a clone to which it comes from a host without one.

const run = promisify(execFile);
const [BEFORE, AFTER] = ['20250101', '20270101'];

let place: Workplace;
/** Where commits are made: bare, with all secret keys. */
let maker: string;
let server: string;
/** A host without a hook. */
let host: string;
const homes = { all: '', known: '' };
/** The commit on which each case builds, and on it a transition of ada's and one of bob's, unsigned. */
const made = { base: '', ada: '', bob: '', keys: '' };

let copies = 0;
const keyOf = (name: string): string => join(place.path, `${name}.key`);
const publicKey = async (name: string): Promise<string> =>
  (await readFile(`${keyOf(name)}.pub`, 'utf8')).trim();
const as = (dir: string, actor: string, ...args: string[]): Promise<Said> =>
  wl(dir, [...args, '--actor', actor]);

async function gpg(home: string, ...args: string[]): Promise<string> {
  const how = ['--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
  return (await run('gpg', ['--homedir', home, ...how, ...args])).stdout;
}

const fingerprints = new Map<string, string>();

/** An OpenPGP key that `actor` has, made a year ago. */
async function makeOpenPgpKey(name: string, actor: string): Promise<void> {
  const user = `${actor} (${name}) <${actor}@example.invalid>`;
  const at = ['--faked-system-time', `${BEFORE}T000000!`];
  await gpg(homes.all, ...at, '--quick-generate-key', user, 'ed25519', 'sign,cert', 'never');
  const listed = await gpg(homes.all, '--with-colons', '--list-keys', `=${user}`);
  fingerprints.set(name, /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? '');
}

/** What docs/policy.md calls them. */
const WORDS: Readonly<Record<string, string>> = {
  'ssh ada': 'SSH: a key that the file names as the actor’s',
  'ssh expired': 'SSH: one whose `valid-before` is over',
  'ssh early': 'SSH: one whose `valid-after` has not come',
  'ssh revoked': 'SSH: one that `gpg.ssh.revocationFile` lists',
  'ssh old': 'SSH: one that the file named once, and names no more',
  'ssh unknown': 'SSH: one that the file never named',
  'ssh bob': 'SSH: somebody else’s',
  'openpgp ada': 'OpenPGP: a key that the keyring holds to be the actor’s',
  'openpgp expired': 'OpenPGP: one that has expired by today',
  'openpgp revoked': 'OpenPGP: one that was revoked',
  'openpgp unknown': 'OpenPGP: one that is not in the keyring',
  'openpgp bob': 'OpenPGP: somebody else’s',
  garbage: 'what is no signature of any program',
  none: 'nothing',
};

const SSH_KEYS = ['ada', 'old', 'expired', 'early', 'revoked', 'unknown', 'bob'];
const PGP_KEYS = { ada: 'ada', expired: 'ada', revoked: 'ada', unknown: 'ada', bob: 'bob' };

/** Everything that git signs in `maker` from now on is signed with this key. */
async function signWith(key: string): Promise<void> {
  const [format = '', name = ''] = key.split(' ');
  const signingKey = format === 'ssh' ? `${keyOf(name)}.pub` : (fingerprints.get(name) ?? '');
  await runGit(maker, ['config', 'gpg.format', format]);
  await runGit(maker, ['config', 'user.signingkey', format === 'ssh' ? keyOf(name) : signingKey]);
}

async function writePublic(lines: readonly (readonly [string, string])[]): Promise<string> {
  const file = join(place.path, 'signers');
  const texts = await Promise.all(lines.map(async ([who, name]) => `${who} ${await publicKey(name)}\n`));
  await writeFile(file, texts.join(''));
  return file;
}

const withoutSignature = (commit: string): string => commit.replace(/\ngpgsig .*(?:\n .*)*/, '');
const commitAt = async (name: string): Promise<string> =>
  `${await runGit(maker, ['cat-file', 'commit', name])}\n`;

/** A transition on the base, as it would stand there without a signature; made by a copy, whose branch is its own. */
async function draft(actor: string, ...args: string[]): Promise<string> {
  const copy = join(place.path, `copy-${copies++}`);
  await signWith(`ssh ${actor}`);
  await cp(maker, copy, { recursive: true });
  expect(await as(copy, actor, ...args)).toMatchObject({ status: 0 });
  await runGit(maker, ['fetch', '--quiet', copy, 'refs/heads/work-ledger']);
  return withoutSignature(await commitAt('FETCH_HEAD'));
}

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  maker = place.remote;
  for (const name of SSH_KEYS)
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', keyOf(name)]);
  Object.assign(homes, { all: join(place.path, 'gpg-a'), known: join(place.path, 'gpg-k') });
  for (const home of Object.values(homes)) await mkdir(home, { mode: 0o700 });
  for (const [name, actor] of Object.entries(PGP_KEYS)) await makeOpenPgpKey(name, actor);
  vi.stubEnv('GNUPGHOME', homes.all);

  await runGit(maker, ['config', 'ledger.sign', 'true']);
  await signWith('ssh old');
  await as(maker, 'ada', 'init');
  await as(maker, 'ada', 'create', 'One');
  await as(maker, 'ada', 'create', 'Two');
  const lines = [
    [`ada valid-before="${BEFORE}"`, 'expired'],
    [`ada valid-after="${AFTER}"`, 'early'],
    ['ada', 'revoked'],
    ['bob', 'bob'],
  ] as const;
  const before = await writePublic([['ada', 'old'], ...lines]);
  expect(await as(maker, 'ada', 'files', 'set', 'policy/allowed_signers', `@${before}`)).toMatchObject({
    status: 0,
  });
  expect(await as(maker, 'ada', 'config', 'set', 'signatures', 'required')).toMatchObject({ status: 0 });
  expect(await as(maker, 'ada', 'comment', '1', 'by the old key')).toMatchObject({ status: 0 });
  const after = await writePublic([['ada', 'ada'], ...lines]);
  expect(await as(maker, 'ada', 'files', 'set', 'policy/allowed_signers', `@${after}`)).toMatchObject({
    status: 0,
  });
  made.base = await runGit(maker, ['rev-parse', 'work-ledger']);
  made.ada = await draft('ada', 'comment', '1', 'hello');
  made.bob = await draft('bob', 'comment', '2', 'hello');
  const fewer = await writePublic([['ada', 'ada']]);
  made.keys = await draft('ada', 'files', 'set', 'policy/allowed_signers', `@${fewer}`);

  // Whoever judges knows all keys but one; one has expired since, and one was revoked.
  for (const file of ['pubring.kbx', 'trustdb.gpg']) await cp(join(homes.all, file), join(homes.known, file));
  await cp(join(homes.all, 'private-keys-v1.d'), join(homes.known, 'private-keys-v1.d'), { recursive: true });
  const [expired = '', revoked = '', unknown = ''] = ['expired', 'revoked', 'unknown'].map((name) =>
    fingerprints.get(name),
  );
  await gpg(homes.known, '--faked-system-time', '20250601T000000!', '--quick-set-expire', expired, '1d');
  const certificate = join(homes.all, 'openpgp-revocs.d', `${revoked}.rev`);
  const text = (await readFile(certificate, 'utf8')).replace(':-----BEGIN', '-----BEGIN');
  await writeFile(certificate, text);
  await gpg(homes.known, '--import', certificate);
  await gpg(homes.known, '--delete-secret-and-public-key', unknown);

  server = join(place.path, 'server.git');
  await runGit(place.path, ['clone', '--quiet', '--bare', maker, server]);
  expect(await wl(server, ['hooks', 'install', '--server', server])).toMatchObject({ status: 0 });
  await writeFile(join(place.path, 'gone'), `# lost in the train\n${await publicKey('revoked')}\n`);
  host = join(place.path, 'host.git');
  await runGit(place.path, ['clone', '--quiet', '--bare', maker, host]);
  const joined = join(place.path, 'joined');
  await runGit(place.path, ['init', '--quiet', joined]);
  await runGit(joined, ['remote', 'add', 'origin', host]);
  expect(await as(joined, 'zoe', 'sync')).toMatchObject({ status: 0 });
  for (const dir of [maker, server, joined])
    await runGit(dir, ['config', 'gpg.ssh.revocationFile', join(place.path, 'gone')]);
  vi.stubEnv('GNUPGHOME', homes.known);
});
afterAll(async () => {
  for (const home of Object.values(homes)) await run('gpgconf', ['--homedir', home, '--kill', 'all']);
  vi.unstubAllEnvs();
  await place.cleanup();
});

async function write(commit: string): Promise<string> {
  const file = join(place.path, 'commit');
  await writeFile(file, commit);
  return runGit(maker, ['hash-object', '-t', 'commit', '-w', file]);
}

/** The commit, signed with a key (`ssh ada`), not signed (`none`), or with something that is no signature. */
async function sign(commit: string, how: string): Promise<string> {
  if (how === 'none') return write(commit);
  if (how === 'garbage') return write(withSignature(commit, 'of no program\n'));
  vi.stubEnv('GNUPGHOME', homes.all);
  await signWith(how);
  const oid = await signCommit(maker, Buffer.from(commit));
  vi.stubEnv('GNUPGHOME', homes.known);
  return oid;
}

/** The rules of the findings that are about a commit. */
const rulesAt = (findings: unknown, commit: string): string[] =>
  (findings as { rule: string; commit: string }[])
    .filter((finding) => finding.commit === commit)
    .map(({ rule }) => rule);

async function byVerify(commit: string): Promise<string[]> {
  const said = await wl(maker, ['verify', `..${commit}`, '--json']);
  const rules = rulesAt(said.data.findings, commit);
  expect(said.status).toBe(rules.length === 0 ? 0 : 9);
  return rules;
}

async function byHook(commit: string): Promise<string[]> {
  const refused = (error: { stderr: string }): { stderr: string } => error;
  const push = ['push', '--quiet', server, `${commit}:refs/heads/work-ledger`];
  const { stderr } = await run('git', push, { cwd: maker }).catch(refused);
  const now = await runGit(server, ['rev-parse', 'work-ledger']);
  const rules = [...stderr.matchAll(/refused refs\/heads\/work-ledger: (\S+) \(([0-9a-f]{12})/g)]
    .filter(([, , at = 'none']) => commit.startsWith(at))
    .map(([, rule = '']) => rule);
  expect(now).toBe(rules.length === 0 ? commit : made.base);
  await runGit(server, ['update-ref', 'refs/heads/work-ledger', made.base]);
  return rules;
}

/** A clone that knew the ledger up to the base, and to which the commit comes from a host without a hook. */
async function byArrival(commit: string): Promise<string[]> {
  const clone = join(place.path, `clone-${copies++}`);
  await cp(join(place.path, 'joined'), clone, { recursive: true });
  await runGit(maker, ['push', '--quiet', host, `${commit}:refs/heads/work-ledger`]);
  expect(await as(clone, 'zoe', 'sync')).toMatchObject({ status: 0 });
  await runGit(host, ['update-ref', 'refs/heads/work-ledger', made.base]);
  const shown = await Promise.all(['1', '2'].map((id) => as(clone, 'zoe', 'show', id, '--json')));
  const rules = shown.flatMap(({ data }) => rulesAt(data.in_question ?? [], commit));
  return [...new Set(rules)];
}

/** What all three say. */
async function judged(commit: string): Promise<string[]> {
  const rules = await byVerify(commit);
  expect({ hook: await byHook(commit), arrival: await byArrival(commit) }).toEqual({
    hook: rules,
    arrival: rules,
  });
  return rules;
}

/** How a commit in ada's name is signed, the rule that finds it, and the same of a merge, which is nobody's. */
const CASES: readonly (readonly [how: string, rule: string | undefined, ofMerge: string | undefined])[] = [
  ['ssh ada', undefined, undefined],
  ['ssh expired', 'unknown_key', 'unknown_key'],
  ['ssh early', 'unknown_key', 'unknown_key'],
  ['ssh revoked', 'bad', 'bad'],
  ['ssh old', 'unknown_key', 'unknown_key'],
  ['ssh unknown', 'unknown_key', 'unknown_key'],
  ['ssh bob', 'other_signer', undefined],
  ['openpgp ada', undefined, undefined],
  ['openpgp expired', 'expired', 'expired'],
  ['openpgp revoked', 'revoked', 'revoked'],
  ['openpgp unknown', 'unchecked', 'unchecked'],
  ['openpgp bob', 'other_signer', undefined],
  ['garbage', 'bad', 'bad'],
  ['none', 'none', 'none'],
];
const found = (rule: string | undefined): string[] => (rule === undefined ? [] : [`signature:${rule}`]);

it.each(CASES)(
  'given a transition that is signed with %s, when it is judged, then verify, hook and clone say %s',
  async (how, rule) => {
    expect(await judged(await sign(made.ada, how))).toEqual(found(rule));
  },
);

/** What two lines have, without a signature. */
async function mergeOf(one: string, other: string): Promise<string> {
  const tree = await runGit(maker, ['merge-tree', '--write-tree', one, other]);
  const people = made.ada.match(/^(?:author|committer) .*$/gm)?.join('\n');
  return `tree ${tree}\nparent ${one}\nparent ${other}\n${people}\n\nMerge\n`;
}

it.each(CASES.map(([how, _rule, ofMerge]) => [how, ofMerge] as const))(
  'given a merge that is signed with %s, when it is judged, then verify, hook and clone say %s',
  async (how, rule) => {
    const merge = await mergeOf(await sign(made.ada, 'ssh ada'), await sign(made.bob, 'openpgp bob'));
    expect(await judged(await sign(merge, how))).toEqual(found(rule));
  },
);

it.each([
  ['ssh bob', 'revoked'],
  ['openpgp bob', undefined],
])(
  'given a transition that is signed with %s, when it is merged with a line on which the file names that key no more, then all say %s',
  async (how, rule) => {
    const merge = await mergeOf(await sign(made.keys, 'ssh ada'), await sign(made.bob, how));
    expect(await judged(await sign(merge, 'ssh ada'))).toEqual(found(rule));
  },
);

it('given docs/policy.md, when it tells which signatures count, then that is what was found here', () => {
  const rows = section(readProject('docs/policy.md'), '## What counts as signed')
    .match(/^\| .*$/gm)
    ?.slice(1);
  const told = CASES.map(([how, rule, ofMerge]) => {
    const answer = (one: string | undefined): string =>
      one === undefined ? 'counts' : `\`signature:${one}\``;
    return [how, answer(rule), answer(ofMerge)];
  });
  const read = rows?.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(2, 5),
  );
  expect(read).toEqual(told.map(([how, ...answers]) => [WORDS[how ?? ''], ...answers]));
});
