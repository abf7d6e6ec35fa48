import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isolatedEnv } from '../../helpers/temp-repo.ts';

/** Whose each key is, of which kind, and what the ledger says of it beside that; nothing where it does not know it. */
const SSH = {
  ada: { type: 'ed25519', line: 'ada namespaces="git"' },
  bob: { type: 'ecdsa', line: 'bob' },
  cy: { type: 'rsa', line: 'cy' },
  lea: { type: 'ed25519', line: '"lea,!mallory"' },
  'old-ada': { type: 'ed25519', line: 'ada valid-before="20260101"' },
  'next-ada': { type: 'ed25519', line: 'ada valid-after="20270101"' },
  'gone-bob': { type: 'ed25519', line: 'bob' },
  'files-ada': { type: 'ed25519', line: 'ada namespaces="file"' },
  mallory: { type: 'ed25519', line: undefined },
} as const satisfies Record<string, { type: string; line: string | undefined }>;

type SshKey = keyof typeof SSH;
/** Keys by which a commit can be signed. */
export type KeyName = SshKey | 'pgp-ada' | 'pgp-mallory';
export const KEY_NAMES: readonly KeyName[] = [...(Object.keys(SSH) as SshKey[]), 'pgp-ada', 'pgp-mallory'];

/** Keys that ssh-keygen and gpg made, and by which they sign. */
export class Keys {
  readonly #dir = mkdtempSync(join(tmpdir(), 'wl-keys-'));
  readonly #gpgHome = join(this.#dir, 'g');
  readonly #signed = new Map<string, string>();

  constructor() {
    for (const [name, { type }] of Object.entries(SSH))
      this.#run('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', name, '-f', join(this.#dir, name)]);
    mkdirSync(this.#gpgHome, { mode: 0o700 });
    for (const name of ['ada', 'mallory'])
      this.#gpg([
        '--passphrase',
        '',
        '--quick-gen-key',
        `${name} <${name}@example.org>`,
        'ed25519',
        'sign',
        'never',
      ]);
    writeFileSync(this.revoked, this.#public('gone-bob'));
  }

  /** The file of keys that git is told to take for revoked. */
  get revoked(): string {
    return join(this.#dir, 'revoked');
  }

  /** What git, and who runs it, needs to know these keys. */
  get env(): NodeJS.ProcessEnv {
    return { ...isolatedEnv(), GNUPGHOME: this.#gpgHome };
  }

  /** A file as `policy/allowed_signers` is. */
  get allowed(): string {
    const lines = Object.entries(SSH).flatMap(([name, { line }]) =>
      line === undefined ? [] : [`${line} ${this.#public(name).split(' ').slice(0, 2).join(' ')}`],
    );
    return `${lines.join('\n')}\n`;
  }

  /** The signature of a commit, in armor. @param namespace as git has it, where it is another one */
  sign(commit: string, key: KeyName, namespace = 'git'): string {
    const known = this.#signed.get(`${key} ${namespace} ${commit}`);
    if (known !== undefined) return known;
    const bytes = Buffer.from(commit, 'latin1');
    const [kind, who] = /^(pgp)-(.*)/.exec(key)?.slice(1) ?? [];
    const made =
      kind === 'pgp'
        ? this.#gpg(['--armor', '--detach-sign', '-u', `${who}@example.org`], bytes)
        : this.#run('ssh-keygen', ['-Y', 'sign', '-q', '-n', namespace, '-f', join(this.#dir, key)], bytes);
    this.#signed.set(`${key} ${namespace} ${commit}`, made);
    return made;
  }

  remove(): void {
    spawnSync('gpgconf', ['--homedir', this.#gpgHome, '--kill', 'all']);
    rmSync(this.#dir, { recursive: true });
  }

  #public(name: string): string {
    return readFileSync(join(this.#dir, `${name}.pub`), 'utf8');
  }

  #gpg(args: readonly string[], input?: Buffer): string {
    return this.#run('gpg', ['--homedir', this.#gpgHome, '--batch', '--quiet', ...args], input);
  }

  #run(program: string, args: readonly string[], input?: Buffer): string {
    const { status, stdout, stderr } = spawnSync(program, args, {
      input,
      env: isolatedEnv(),
      encoding: 'latin1',
    });
    if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr}`);
    return stdout;
  }
}

/** A commit with a signature in it, as git writes one. */
export function withSignature(commit: string, armor: string, header = 'gpgsig'): string {
  const end = commit.indexOf('\n\n');
  return `${commit.slice(0, end)}\n${header} ${armor.trimEnd().replaceAll('\n', '\n ')}${commit.slice(end)}`;
}
