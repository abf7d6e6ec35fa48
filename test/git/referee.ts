import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAllowedSigners } from '../../src/git/model/allowed-signers.ts';
import { nameObject } from '../../src/git/model/object.ts';
import { SshKeys } from '../../src/git/model/ssh-signature.ts';
import { DiskObjects } from '../../src/git/objects.ts';
import { type CommitSignature, readSignatures } from '../../src/git/signatures.ts';
import { judgeHere, readTrust } from '../../src/git/ssh-signatures.ts';
import {
  armour,
  commitOf,
  makeSigner,
  type SignatureParts,
  type Signer,
  SSH_KINDS,
  type SshKind,
  signatureOf,
  withSignature,
} from '../helpers/ssh-signer.ts';
import { makeBareRepo, makeTempFolder, runGit } from '../helpers/temp-repo.ts';

// Git is the reference: one repository is judged as the program does it, and another with the same objects by git and ssh-keygen alone,
// since its configuration names the program that git would take anyway.

export const seconds = (time: string): number => Date.parse(time) / 1000;
export const AT = seconds('2026-01-03T10:00:00Z');

const REVOKED = 'gpg.ssh.revocationFile';
/** The tree without anything in it. */
const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export const unsigned = (at = AT, message?: string): string =>
  commitOf({ tree: TREE, at, ...(message && { message }) });

/** A commit that `signer` signed, with the parts that are to be others. */
export function signed(signer: Signer, parts: SignatureParts = {}, commit = unsigned()): string {
  return withSignature(commit, armour(signatureOf(signer, Buffer.from(commit, 'latin1'), parts)));
}

export interface Told {
  /** What git says. */
  git: (CommitSignature | undefined)[];
  /** What the program says. */
  here: (CommitSignature | undefined)[];
  /** Of which it said so without git. */
  alone: boolean[];
}

export type Referee = Awaited<ReturnType<typeof openReferee>>;

export async function openReferee() {
  const folder = await makeTempFolder();
  const gitDir = await makeBareRepo(folder.path);
  const reference = await makeBareRepo(folder.path, 'reference.git');
  await mkdir(join(reference, 'objects', 'info'), { recursive: true });
  await writeFile(join(reference, 'objects', 'info', 'alternates'), `${join(gitDir, 'objects')}\n`);
  await runGit(reference, ['config', 'gpg.ssh.program', 'ssh-keygen']);
  const objects = new DiskObjects(gitDir);
  await runGit(gitDir, ['hash-object', '-t', 'tree', '-w', '--stdin']);
  const signers = new Map<SshKind, Signer>(SSH_KINDS.map((kind) => [kind, makeSigner(kind)]));
  let files = 0;
  let list: string | undefined;

  async function revokeBy(file: string | undefined): Promise<void> {
    const setting = file === undefined ? ['--unset', REVOKED] : [REVOKED, file];
    for (const dir of [gitDir, reference]) await runGit(dir, ['config', ...setting]);
    list = file;
  }

  return {
    path: folder.path,
    signerOf: (kind: SshKind): Signer => signers.get(kind) as Signer,
    newFile: (name: string): string => join(folder.path, `${name}-${files++}`),

    /** What is said of each commit, with these lines of allowed signers, and with this file of revoked keys. */
    async judged(commits: readonly string[], lines: string, revoked?: string): Promise<Told> {
      const made = commits.map((text) => nameObject({ type: 'commit', bytes: Buffer.from(text, 'latin1') }));
      await objects.write(made);
      const allowedSigners = this.newFile('signers');
      await writeFile(allowedSigners, Buffer.from(lines, 'latin1'));
      if (revoked !== list) await revokeBy(revoked);
      const query = { commits: made.map(({ oid }) => ({ oid, signers: undefined })), allowedSigners };
      const [here, git] = [await readSignatures(gitDir, query), await readSignatures(reference, query)];
      const keys = new SshKeys();
      const place = { gitDir, incoming: false };
      const trust = await readTrust(place, keys);
      const oids = made.map(({ oid }) => oid);
      const found = readAllowedSigners((await readFile(allowedSigners)).toString(), keys);
      const { judged } = await judgeHere(place, { commits: oids, signers: found, trust });
      return {
        git: oids.map((oid) => git.get(oid)),
        here: oids.map((oid) => here.get(oid)),
        alone: oids.map((oid) => judged.has(oid)),
      };
    },

    async close(): Promise<void> {
      objects.close();
      await folder.cleanup();
    },
  };
}
