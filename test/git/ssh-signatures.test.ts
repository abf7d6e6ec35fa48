import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  armour,
  lineOf,
  makeSigner,
  mpint,
  oldRsaSigner,
  type SignatureParts,
  type Signer,
  SSH_KINDS,
  type SshKind,
  signatureOf,
  uint32,
  withLength,
  withSignature,
} from '../helpers/ssh-signer.ts';
import { isolateThisProcess } from '../helpers/temp-repo.ts';
import { AT, openReferee, type Referee, seconds, signed, unsigned } from './referee.ts';

isolateThisProcess();

let referee: Referee;
const run = promisify(execFile);

beforeAll(async () => {
  referee = await openReferee();
});
afterAll(() => referee.close());

const signerOf = (kind: SshKind): Signer => referee.signerOf(kind);

/** All agree on this state, and it was judged by whom it is to be judged. */
async function expectState(commit: string, lines: string, state: string, by: 'here' | 'git'): Promise<void> {
  const { git, here, alone } = await referee.judged([commit], lines);
  expect(here).toEqual(git);
  expect([here[0]?.state, alone[0] ? 'here' : 'git']).toEqual([state, by]);
}

describe('given a commit that a key of a known kind signed', () => {
  it.each(SSH_KINDS)(
    'when the key is of the kind %s, then it is told here, as git tells it',
    async (kind) => {
      const signer = signerOf(kind);
      await expectState(signed(signer), `ada ${signer.line}\n`, 'good', 'here');
      await expectState(signed(signer, { hash: 'sha256' }), `ada ${signer.line}\n`, 'good', 'here');
      await expectState(signed(signer), '# nobody\n', 'unknown_key', 'here');
    },
  );

  it.each([
    ['ed25519', []],
    ['ecdsa', ['-b', '256']],
    ['ecdsa', ['-b', '384']],
    ['ecdsa', ['-b', '521']],
    ['rsa', ['-b', '1024']],
    ['rsa', []],
  ])('when ssh-keygen made and used it, as %s %s, then it is told here', async (kind, bits) => {
    const { commit, line } = await byKeygen(kind, bits);
    await expectState(commit, `ada ${line}\n`, 'good', 'here');
    const other = await byKeygen(kind, bits, ['-O', 'hashalg=sha256']);
    await expectState(other.commit, `ada ${other.line}\n`, 'good', 'here');
  });

  it('when nothing is signed, then that is told here', async () => {
    await expectState(unsigned(), '', 'none', 'here');
  });
});

/** A commit that ssh-keygen signed with a new key. */
async function byKeygen(
  kind: string,
  bits: readonly string[],
  how: readonly string[] = [],
): Promise<{ commit: string; line: string; file: string }> {
  const file = referee.newFile('key');
  await run('ssh-keygen', ['-q', '-t', kind, ...bits, '-N', '', '-C', 'a comment', '-f', file]);
  const payload = referee.newFile('payload');
  await writeFile(payload, unsigned());
  await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', ...how, '-f', file, payload]);
  const commit = withSignature(unsigned(), await readFile(`${payload}.sig`, 'utf8'));
  return { commit, line: (await readFile(`${file}.pub`, 'utf8')).trim(), file };
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature in another form: its number is higher by the order of the group. */
function shifted(signature: Buffer): Buffer {
  const from = signature.length - 32;
  const number = BigInt(`0x${Buffer.from(signature.subarray(from)).reverse().toString('hex')}`) + ORDER;
  return Buffer.concat([
    signature.subarray(0, from),
    Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse(),
  ]);
}

const flip = (bytes: Buffer, at: number): Buffer => {
  const bent = Buffer.from(bytes);
  bent[at] = (bent[at] ?? 0) ^ 1;
  return bent;
};
const last = (bytes: Buffer): Buffer => flip(bytes, bytes.length - 1);
const folded = (signer: Signer, change: (text: string) => string, header?: string): string =>
  withSignature(unsigned(), change(armour(signatureOf(signer, Buffer.from(unsigned())))), header);

describe('given a commit whose signature is not as it is to be', () => {
  it.each<[string, (signer: Signer) => string, 'bad' | 'none' | 'unchecked' | 'good']>([
    [
      'of something else',
      (by) => withSignature(unsigned(), armour(signatureOf(by, Buffer.from('x')))),
      'bad',
    ],
    ['bent', (by) => signed(by, { bend: last }), 'bad'],
    ['cut off', (by) => signed(by, { bend: (made) => made.subarray(0, -1) }), 'bad'],
    ['for files', (by) => signed(by, { namespace: 'file' }), 'bad'],
    ['for nothing', (by) => signed(by, { namespace: '' }), 'bad'],
    ['by another hash', (by) => signed(by, { hash: 'sha384' }), 'bad'],
    ['of another format', (by) => signed(by, { magic: 'SSHSIH' }), 'bad'],
    ['of a later version', (by) => signed(by, { version: 2 }), 'bad'],
    ['of an earlier version', (by) => signed(by, { version: 0 }), 'good'],
    ['with more in what is reserved', (by) => signed(by, { reserved: 'x' }), 'good'],
    ['with more after it', (by) => signed(by, { more: Buffer.from('x') }), 'bad'],
    ['with more in its key', (by) => signed(by, { blob: Buffer.concat([by.blob, Buffer.from([0])]) }), 'bad'],
    ['with another key', (by) => signed(by, { blob: makeSigner('ed25519').blob }), 'bad'],
    ['without its end', (by) => folded(by, (text) => text.replace(/-----END.*/, '')), 'bad'],
    [
      'cut off in its armour',
      (by) => folded(by, (text) => `${text.slice(0, 100)}\n-----END SSH SIGNATURE-----\n`),
      'bad',
    ],
    ['with more after its armour', (by) => folded(by, (text) => `${text}more\n`), 'good'],
    ['twice in one header', (by) => folded(by, (text) => text + text), 'good'],
    ['with an empty line in its armour', (by) => folded(by, (text) => text.replace('\n', '\n\n')), 'good'],
    ['with spaces in its armour', (by) => folded(by, (text) => text.replace('U1NI', 'U1 NI')), 'good'],
    ['in lines that end as on Windows', (by) => folded(by, (text) => text.replaceAll('\n', '\r\n')), 'bad'],
    [
      'of which some lines end as on Windows',
      (by) => folded(by, (text) => text.replace('\n-----END', '\r\n-----END')),
      'good',
    ],
    ['that begins with a space', (by) => folded(by, (text) => ` ${text}`), 'bad'],
    ['under the name for SHA-256', (by) => folded(by, (text) => text, 'gpgsig-sha256'), 'none'],
    ['of another program', (by) => folded(by, (text) => text.replaceAll('SSH', 'XYZ')), 'bad'],
    ['twice', (by) => withSignature(signed(by), armour(signatureOf(by, Buffer.from('x')))), 'good'],
    ['beside another for SHA-256', (by) => withSignature(signed(by), 'x', 'gpgsig-sha256'), 'good'],
    [
      'beside another for SHA-256 that goes before',
      (by) => signed(by, {}, withSignature(unsigned(), 'x', 'gpgsig-sha256')),
      'bad',
    ],
    ['in a commit that was changed', (by) => signed(by).replace('One', 'Two'), 'bad'],
    [
      'in a commit with a header that nobody knows',
      (by) => signed(by, {}, unsigned().replace('\n\n', '\nx-y z\n\n')),
      'good',
    ],
    [
      'in a commit with an encoding',
      (by) => signed(by, {}, unsigned().replace('\n\n', '\nencoding UTF-8\n\n')),
      'good',
    ],
    ['in a commit with a byte zero', (by) => signed(by, {}, unsigned(AT, 'a\0b\n')), 'good'],
    ['in a commit in Latin-1', (by) => signed(by, {}, unsigned(AT, 'caf\xe9\n')), 'good'],
    ['in a commit of no time', (by) => signed(by, {}, unsigned(0)), 'good'],
    ['in its message', (by) => signed(by, {}, unsigned(AT, withSignature('x\n\n', 'y'))), 'good'],
  ])('when it is %s, then the answer is git’s', async (_what, make, state) => {
    const signer = signerOf('ed25519');
    const { git, here } = await referee.judged([make(signer)], `ada ${signer.line}\n`);
    expect(here).toEqual(git);
    expect(here[0]?.state).toBe(state);
  });

  it.each<[string, (kind: SshKind) => (made: Buffer) => Buffer]>([
    [
      'has the name of another kind',
      () => (made) => Buffer.concat([withLength('ssh-dss'), made.subarray(4 + made.readUInt32BE())]),
    ],
    ['has more after it', () => (made) => Buffer.concat([made, Buffer.from([0])])],
    ['is cut off', () => (made) => made.subarray(0, -5)],
    ['is empty', () => () => Buffer.alloc(0)],
    ['is bent at its end', () => last],
    ['claims to be longer', () => (made) => Buffer.concat([uint32(0xffffffff), made.subarray(4)])],
    [
      'is all zero',
      () => (made) =>
        Buffer.concat([
          made.subarray(0, 4 + made.readUInt32BE()),
          Buffer.alloc(made.length - 4 - made.readUInt32BE()),
        ]),
    ],
  ])('when what a key made %s, then no kind of key takes it, and git neither', async (_what, bend) => {
    const commits = SSH_KINDS.map((kind) => signed(signerOf(kind), { bend: bend(kind) }));
    const lines = SSH_KINDS.map((kind) => `ada ${signerOf(kind).line}\n`).join('');
    const { git, here } = await referee.judged(commits, lines);
    expect(here).toEqual(git);
    expect(here.map((one) => one?.state)).toEqual(SSH_KINDS.map(() => 'bad'));
  });
});

describe('given keys about which programs differ', () => {
  const NEUTRAL = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
  const signsAll: Signer = {
    blob: Buffer.concat([withLength('ssh-ed25519'), withLength(NEUTRAL)]),
    line: lineOf(Buffer.concat([withLength('ssh-ed25519'), withLength(NEUTRAL)])),
    sign: () =>
      Buffer.concat([withLength('ssh-ed25519'), withLength(Buffer.concat([NEUTRAL, Buffer.alloc(32)]))]),
  };
  const long = (signer: Signer): Signer => {
    // The same numbers, with a zero before each that nobody needs.
    const type = signer.blob.subarray(0, 11);
    const e = signer.blob.subarray(11, 15 + signer.blob.readUInt32BE(11));
    const n = signer.blob.subarray(11 + e.length + 4);
    const blob = Buffer.concat([type, e, withLength(Buffer.concat([Buffer.alloc(1), n]))]);
    return { ...signer, blob, line: lineOf(blob) };
  };

  it.each<[string, () => Signer, SignatureParts]>([
    ['a key that signs everything', () => signsAll, {}],
    ['a signature in another form', () => signerOf('ed25519'), { bend: shifted }],
    ['a number that is written too long', () => long(signerOf('rsa-sha2-512')), {}],
    ['a key of RSA that is too short', () => makeSigner('rsa-sha2-512', 1016), {}],
    ['a signature with SHA-1', oldRsaSigner, {}],
  ])('when it is %s, then it is git’s to tell', async (_what, make, parts) => {
    const signer = make();
    const { git, here, alone } = await referee.judged([signed(signer, parts)], `ada ${signer.line}\n`);
    expect(here).toEqual(git);
    expect(alone).toEqual([false]);
  });

  it('when it is a certificate, then it is git’s to tell, and good where its authority is known', async () => {
    const authority = await byKeygen('ed25519', []);
    const { file } = await byKeygen('ed25519', []);
    await run('ssh-keygen', ['-q', '-s', authority.file, '-I', 'id', '-n', 'ada', `${file}.pub`]);
    const payload = join(referee.path, 'certified');
    await writeFile(payload, unsigned());
    await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', `${file}-cert.pub`, payload]);
    const commit = withSignature(unsigned(), await readFile(`${payload}.sig`, 'utf8'));
    await expectState(commit, `ada cert-authority ${authority.line}\n`, 'good', 'git');
    await expectState(commit, `ada ${authority.line}\n`, 'unknown_key', 'git');
  });
});

const KEY = 'KEY';
const fill = (lines: string, signer: Signer, other: Signer): string =>
  lines.replaceAll('OTHER', other.line).replaceAll(KEY, signer.line);

describe('given a file of allowed signers', () => {
  it.each<[string, string, string, 'here' | 'git']>([
    ['a name', 'ada KEY', 'good', 'here'],
    ['a name and a comment', 'ada KEY ada@laptop, of 2026', 'good', 'here'],
    ['other lines', '# keys\n\n   \nbob OTHER\nada KEY\n', 'good', 'here'],
    ['lines that end as on Windows', '# keys\r\n\r\nbob OTHER\r\nada KEY\r\n', 'good', 'here'],
    ['spaces and tabs', ' \tada \t namespaces="git"\t  KEY', 'good', 'here'],
    ['a name in quotes', '"ada lovelace" KEY', 'good', 'here'],
    ['several names', 'ada,bob,swarm_* KEY', 'good', 'here'],
    ['a name that is left out', '*,!eve KEY', 'good', 'here'],
    ['a name that is left out first', '!eve,* KEY', 'good', 'here'],
    ['nobody but a name that is left out', '!ada KEY', 'bad', 'here'],
    ['a name that its own pattern leaves out', 'ada,!a* KEY', 'bad', 'here'],
    ['a name that another line gives', 'ada,!a* KEY\nada KEY', 'good', 'here'],
    ['two lines', 'ada KEY\nbob KEY', 'good', 'here'],
    ['namespaces', 'ada namespaces="file,git" KEY', 'good', 'here'],
    ['patterns of namespaces', 'ada namespaces="g*" KEY', 'good', 'here'],
    ['other namespaces', 'ada namespaces="file" KEY', 'bad', 'here'],
    ['namespaces that leave git out', 'ada namespaces="*,!git" KEY', 'bad', 'here'],
    ['other namespaces, and git in another line', 'bob namespaces="file" KEY\nada KEY', 'bad', 'here'],
    [
      'other namespaces, and git in another line of the same name',
      'ada namespaces="file" KEY\nada KEY',
      'good',
      'here',
    ],
    ['an authority', 'ada cert-authority KEY', 'unknown_key', 'here'],
    ['an authority, and a key', 'ada cert-authority KEY\nada KEY', 'good', 'here'],
    ['a time that has come', 'ada valid-after="20260101" KEY', 'good', 'here'],
    ['a time that has not come', 'ada valid-after="20260201" KEY', 'unknown_key', 'here'],
    ['a time that is not over', 'ada valid-before="20260201" KEY', 'good', 'here'],
    ['a time that is over', 'ada valid-before="202601011200" KEY', 'unknown_key', 'here'],
    [
      'a time that is over, and another',
      'ada valid-before="20260101" KEY\nada valid-after="20260101" KEY',
      'good',
      'here',
    ],
    [
      'a time in between',
      'ada valid-after="20260101000000Z",valid-before="20260201000000Z" KEY',
      'good',
      'here',
    ],
    ['a time near by', 'ada valid-before="20260103100000" KEY', 'good', 'git'],
    ['a time that just went by', 'ada valid-before="20260103095959" KEY', 'unknown_key', 'git'],
    ['a day that is none', 'ada valid-before="20260231" KEY', 'good', 'git'],
    ['a time before itself', 'ada valid-after="20260105",valid-before="20260101" KEY', 'unknown_key', 'git'],
    ['two times', 'ada valid-before="20260101",valid-before="20270101" KEY', 'unknown_key', 'git'],
    ['an option that nobody knows', 'ada no-touch-required KEY', 'unknown_key', 'git'],
    ['an option in capitals', 'ada NAMESPACES="file" KEY', 'bad', 'git'],
    ['an option without a value', 'ada namespaces KEY', 'unknown_key', 'git'],
    ['a line that is none', 'ada\nada KEY', 'good', 'git'],
    ['a line without a name', 'KEY', 'unknown_key', 'git'],
    ['a character that stands for any', 'ad? KEY', 'good', 'git'],
    ['an empty name', 'ada,,bob KEY', 'good', 'git'],
    ['another type of key before it', 'ada ssh-rsa AAAA', 'unknown_key', 'git'],
    ['no key of its own', 'bob OTHER', 'unknown_key', 'here'],
    ['nothing', '', 'unknown_key', 'here'],
  ])('when it has %s, then who signed is told as git tells it', async (_what, lines, state, by) => {
    const signer = signerOf('ed25519');
    await expectState(signed(signer), fill(lines, signer, signerOf('nistp256')), state, by);
  });

  it('when a line’s time is over, then its further names count no more, also where another line has its first name', async () => {
    const signer = signerOf('ed25519');
    const lines = `ada,bob valid-before="20250101" ${signer.line}\nada,cy ${signer.line}\n`;
    const { git, here } = await referee.judged([signed(signer)], lines);
    expect(here).toEqual(git);
    expect(here[0]).toMatchObject({ state: 'good', signer: 'ada,cy' });
  });

  it.each(['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'Europe/Vienna', 'XXX-24:00'])(
    'when the zone is %s, then times are those of that zone, as for git',
    async (zone) => {
      vi.stubEnv('TZ', zone);
      const signer = signerOf('ed25519');
      const times = ['20260628', '202606281200', '20260629', '20260629120000Z', '20260630', '202607010000'];
      const commits = [-30, -12, -3, 0, 1, 11, 30].map((hours) =>
        signed(signer, {}, unsigned(seconds('2026-06-29T12:00:00Z') + hours * 3600)),
      );
      for (const time of times) {
        const { git, here } = await referee.judged(commits, `ada valid-before="${time}" ${signer.line}\n`);
        expect(here).toEqual(git);
      }
    },
  );
});

describe('given keys that were revoked', () => {
  /** @param make writes the list of those keys */
  async function stateBy(
    make: (list: string) => unknown,
    lines = 'ada KEY',
  ): Promise<(string | undefined)[]> {
    const signer = signerOf('ed25519');
    const list = referee.newFile('revoked');
    await make(list);
    const commits = [signed(signer)];
    const { git, here, alone } = await referee.judged(
      commits,
      fill(lines, signer, signerOf('nistp256')),
      list,
    );
    expect(here).toEqual(git);
    return [here[0]?.state, alone[0] ? 'here' : 'git'];
  }
  const listed = (lines: string) => (list: string) =>
    writeFile(list, fill(lines, signerOf('ed25519'), signerOf('nistp256')));

  it.each<[string, string, string, 'here' | 'git']>([
    ['this one', 'KEY\n', 'bad', 'here'],
    ['this one among others', '# gone\n\nOTHER\n  KEY of ada\n', 'bad', 'here'],
    ['another one', 'OTHER\n', 'good', 'here'],
    ['none', '', 'good', 'here'],
    ['a line that is no key', 'OTHER\nada KEY\n', 'bad', 'git'],
    ['lines that end as on Windows', 'OTHER\r\nKEY\r\n', 'bad', 'git'],
  ])('when the list has %s, then that is told as git tells it', async (_what, lines, state, by) => {
    expect(await stateBy(listed(lines))).toEqual([state, by]);
  });

  it('when nobody knows the key anyway, then it is an unknown one', async () => {
    expect(await stateBy(listed('KEY\n'), 'ada OTHER')).toEqual(['unknown_key', 'here']);
  });

  it('when the list is one that ssh-keygen made, then it is git’s to read', async () => {
    const key = referee.newFile('gone');
    await listed('KEY\n')(key);
    expect(await stateBy((list) => run('ssh-keygen', ['-q', '-k', '-f', list, key]))).toEqual(['bad', 'git']);
  });

  it('when the list is not there, then it is git’s to say so', async () => {
    expect(await stateBy(() => undefined)).toEqual(['good', 'git']);
  });
});

describe('given commits of which git says nothing', () => {
  const PGP = '-----BEGIN PGP SIGNATURE-----\n\nabcd\n-----END PGP SIGNATURE-----\n';
  const stateOf = async (commits: readonly string[], lines: string): Promise<(string | undefined)[]> =>
    (await referee.judged(commits, lines)).here.map((one) => one?.state);

  it('when git dies of some signatures, then those are bad, and the others are told', async () => {
    const signer = signerOf('ed25519');
    const texts = ['x', '-----BEGIN SSH SIGNATURE-----', '', '-----BEGIN SSH SIGNATURE-----\nx\n', 'y\nz'];
    const dying = texts.map((text) => withSignature(unsigned(AT, 'x'.repeat(500_000)), text));
    const others = [signed(signer), unsigned(), signed(signer).replace('One', 'Two')];
    const states = await stateOf([...dying, ...others], `ada ${signer.line}\n`);
    expect(states).toEqual([...texts.map(() => 'bad'), 'good', 'none', 'bad']);
  });

  it('when the program that checks signatures is missing, then it cannot be told, which is more than that there are none', async () => {
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'gpg.program');
    vi.stubEnv('GIT_CONFIG_VALUE_0', join(referee.path, 'none'));
    expect(await stateOf([withSignature(unsigned(), PGP), unsigned()], '')).toEqual(['unchecked', 'none']);
  });

  it('when ssh-keygen is missing, then what is plain is told, and all else that is signed is bad', async () => {
    const signer = signerOf('ed25519');
    const git = (await run('sh', ['-c', 'command -v git'])).stdout.trim();
    const alone = referee.newFile('bin');
    await mkdir(alone);
    await symlink(git, join(alone, 'git'));
    vi.stubEnv('PATH', alone);
    const commits = [signed(signer), signed(signer).replace('One', 'Two'), unsigned()];
    expect(await stateOf(commits, `ada ${signer.line}\n`)).toEqual(['good', 'bad', 'none']);
  });
});

it('given a number of SSH, when it is made by the helper of these tests, then it is as ssh-keygen writes one', () => {
  expect(mpint(Buffer.from([0, 0x80])).toString('hex')).toBe('000000020080');
});
