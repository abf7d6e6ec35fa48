import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature } from '../../../src/audit/signatures.ts';
import type { GitObject } from '../../../src/git/model/object.ts';
import { readSignatures } from '../../../src/git/signatures.ts';
import { installHooks } from '../../../src/githooks/install.ts';
import type { Oid } from '../../../src/store/port.ts';
import { Folder, treeOf } from '../folder.ts';
import type { FuzzObjects } from '../objects.ts';
import { PlainGit } from '../plain-git.ts';
import type { Keys } from './keys.ts';

const BRANCH = 'refs/heads/work-ledger';
const PROGRAM = {
  node: process.execPath,
  main: new URL('../../../src/cli/main.ts', import.meta.url).pathname,
};

/** What became of a push. */
export interface Answer {
  /** `broken`: git itself does not bring it. */
  kind: 'taken' | 'refused' | 'broken';
  /** What the pusher read. */
  said: string;
}

/** What is asked of a commit's signature: whose keys are whose is said by the commit `signers`. */
export interface Asked {
  oid: Oid;
  signers: Oid | undefined;
}

/** A repository that cases are pushed from, and one with the server's hook that they are pushed to. */
export class Server {
  readonly #source = new PlainGit();
  readonly #bare = join(this.#source.dir, 'server.git');
  readonly #keys: Keys;

  private constructor(keys: Keys) {
    this.#keys = keys;
  }

  static async start(keys: Keys): Promise<Server> {
    const server = new Server(keys);
    const bare = server.#bare;
    server.#git(server.#source.dir, ['init', '--quiet', '--bare', bare]);
    for (const dir of [server.#source.dir, bare]) {
      server.#git(dir, ['config', 'gpg.ssh.revocationFile', keys.revoked]);
      server.#git(dir, ['config', 'receive.autogc', 'false']);
    }
    await installHooks({ side: 'server', dir: bare, program: PROGRAM });
    return server;
  }

  put(objects: ReadonlyMap<Oid, GitObject>): void {
    this.#source.put(objects);
  }

  /** Pushes a tip onto a base, as the server has it then. */
  push(base: Oid, tip: Oid): Answer {
    this.#git(this.#bare, ['fetch', '--quiet', '--update-head-ok', this.#source.dir, `+${base}:${BRANCH}`]);
    const { status, stderr } = this.#run(this.#source.dir, [
      'push',
      '--porcelain',
      this.#bare,
      `${tip}:${BRANCH}`,
    ]);
    if (status === 0) return { kind: 'taken', said: stderr };
    return {
      kind: /\[remote rejected\]|remote: work-ledger|hook declined/.test(stderr) ? 'refused' : 'broken',
      said: stderr,
    };
  }

  /** What git itself says of signatures. */
  verdicts(objects: FuzzObjects, asked: readonly Asked[]): Map<Oid, Signature> {
    const found = new Map<Oid, Signature>();
    const byFile = Map.groupBy(asked, ({ signers }) => signersOf(objects, signers));
    for (const [text, some] of byFile) {
      const file = join(this.#source.dir, 'allowed');
      writeFileSync(file, text ?? '', 'latin1');
      // Git ends at a signature of no form that it knows: then each is asked about alone, and that one is bad.
      const all = this.#log(file, some);
      for (const one of all === undefined ? some : [])
        found.set(one.oid, this.#log(file, [one])?.get(one.oid) ?? BAD);
      for (const [oid, signature] of all ?? []) found.set(oid, signature);
    }
    return found;
  }

  /** @returns `undefined` where git ended before it had said all */
  #log(file: string, asked: readonly Asked[]): Map<Oid, Signature> | undefined {
    const { status, stdout } = this.#run(
      this.#source.dir,
      [
        ...['-c', `gpg.ssh.allowedSignersFile=${file}`],
        ...[
          'log',
          '--no-walk=unsorted',
          '--stdin',
          '--no-show-signature',
          '--format=%H%x00%G?%x00%GF%x00%GS',
        ],
      ],
      asked.map(({ oid }) => `${oid}\n`).join(''),
    );
    if (status !== 0) return undefined;
    const lines = stdout.split('\n').slice(0, -1);
    return new Map(
      lines.map((line) => {
        const [oid = '', letter = '', key = '', signer = ''] = line.split('\0');
        const state = STATES[letter] ?? 'unchecked';
        return [oid, { state, signer: signer.replace(/ <.*/, '') || null, keys: key === '' ? [] : [key] }];
      }),
    );
  }

  /** What the product says of them. */
  async readings(asked: readonly Asked[]): Promise<ReadonlyMap<Oid, Signature>> {
    return readSignatures(this.#source.dir, { commits: asked });
  }

  remove(): void {
    this.#source.remove();
  }

  #git(dir: string, args: readonly string[]): void {
    const { status, stderr } = this.#run(dir, args);
    if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  }

  #run(dir: string, args: readonly string[], input = '') {
    return spawnSync('git', ['--git-dir', dir, ...args], {
      cwd: dir,
      env: this.#keys.env,
      input,
      encoding: 'latin1',
      maxBuffer: 1024 ** 3,
    });
  }
}

const BAD: Signature = { state: 'bad', signer: null, keys: [] };
const STATES: Readonly<Record<string, Signature['state']>> = {
  G: 'good',
  U: 'unknown_key',
  B: 'bad',
  X: 'expired',
  Y: 'expired',
  R: 'revoked',
  N: 'none',
};

/** The file that says whose keys are whose, as a commit has it. */
function signersOf(objects: FuzzObjects, commit: Oid | undefined): string | undefined {
  const root = Folder.read(objects, commit && treeOf(objects, commit));
  const line = root.open(['policy'], false)?.lines.find(({ name }) => name === 'allowed_signers');
  const bytes = objects.get(line?.oid ?? '')?.bytes;
  return bytes && Buffer.from(bytes).toString('latin1');
}
