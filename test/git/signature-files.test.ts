import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeProofs, type Signature } from '../../src/audit/signatures.ts';
import { readSignatures } from '../../src/git/signatures.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

const KINDS = ['ed25519', 'ecdsa', 'rsa'];
const [EARLY, LATE] = ['2026-01-03T10:00:00Z', '2026-06-03T10:00:00Z'];

let folder: TempFolder;
let gitDir: string;
const publicKeys = new Map<string, string>();

beforeAll(async () => {
  folder = await makeTempFolder();
  gitDir = await makeBareRepo(folder.path);
  await runGit(gitDir, ['config', 'gpg.format', 'ssh']);
  for (const name of [...KINDS, 'new']) {
    const file = join(folder.path, name);
    const kind = KINDS.includes(name) ? name : 'ed25519';
    await promisify(execFile)('ssh-keygen', ['-q', '-t', kind, '-N', '', '-C', name, '-f', file]);
    const [type, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
    publicKeys.set(name, `${type} ${key}`);
  }
});
afterAll(() => folder.cleanup());

const keyOf = (name: string): string => publicKeys.get(name) ?? '';
/** A line of the file, `KEY` standing for a key and `KEY:name` for a certain one. */
const filled = (lines: string, key: string): string =>
  `${lines.replaceAll(/KEY:(\w+)/g, (_all, name) => keyOf(name)).replaceAll('KEY', keyOf(key))}\n`;

/** What is known of a commit that is signed with `key` at `at`, by the file as the commit before it has it. */
async function signed(lines: string, key = 'ed25519', at = EARLY): Promise<Signature | undefined> {
  const file = join(folder.path, 'lines');
  await writeFile(file, filled(lines, key));
  const blob = await runGit(gitDir, ['hash-object', '-w', file]);
  const index = { GIT_INDEX_FILE: join(folder.path, 'index') };
  await runGit(gitDir, ['read-tree', '--empty'], index);
  await runGit(
    gitDir,
    ['update-index', '--add', '--cacheinfo', `100644,${blob},policy/allowed_signers`],
    index,
  );
  const tree = await runGit(gitDir, ['write-tree'], index);
  const dates = { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at };
  const signers = await runGit(gitDir, ['commit-tree', '-m', 'before', tree], dates);
  const by = ['-c', `user.signingkey=${join(folder.path, key)}`];
  const oid = await runGit(gitDir, [...by, 'commit-tree', '-S', '-p', signers, '-m', 'signed', tree], dates);
  return (await readSignatures(gitDir, { commits: [{ oid, signers }] })).get(oid);
}

describe('given whose keys are whose, as the ledger says it', () => {
  it.each(KINDS)('when a known key of the kind %s signs, then that is good', async (kind) => {
    expect(await signed('ada KEY', kind)).toMatchObject({ state: 'good', signer: 'ada' });
  });

  it.each<[string, string, string?, string?]>([
    ['within its time', 'ada valid-after="20260101",valid-before="20260201" KEY'],
    ['for git alone', 'ada namespaces="git" KEY'],
    ['in a line among others', '# keys\n\nbob KEY:new\nada KEY'],
    [
      'of an old key, before it was replaced',
      'ada valid-before="20260301" KEY\nada valid-after="20260301" KEY:new',
    ],
    [
      'of the new one, after it was',
      'ada valid-before="20260301" KEY:ed25519\nada valid-after="20260301" KEY',
      'new',
      LATE,
    ],
  ])('when a key signs %s, then that is good', async (_what, lines, key, at) => {
    expect(await signed(lines, key, at)).toMatchObject({ state: 'good', signer: 'ada' });
  });

  it.each<[string, string, string?, string?]>([
    ['after its time', 'ada valid-before="20260101" KEY'],
    ['before its time', 'ada valid-after="20260201" KEY'],
    ['for something else than git', 'ada namespaces="file" KEY'],
    ['as an authority, which it is for certificates alone', 'ada cert-authority KEY'],
    ['of whom only another key is known', 'ada KEY:new'],
    ['that nobody names any more', '# none'],
    [
      'of an old key, after it was replaced',
      'ada valid-before="20260301" KEY\nada valid-after="20260301" KEY:new',
      'ed25519',
      LATE,
    ],
    [
      'of the new one, before it was',
      'ada valid-before="20260301" KEY:ed25519\nada valid-after="20260301" KEY',
      'new',
    ],
  ])('when a key signs %s, then that is not', async (_what, lines, key, at) => {
    const found = await signed(lines, key, at);
    expect(found?.state).not.toBe('good');
    expect(found?.state).not.toBe('none');
  });
});

describe('given names that are patterns', () => {
  it.each<[string, string, boolean]>([
    ['swarm_*', 'swarm_dev', true],
    ['swarm_*', 'ada', false],
    ['ada,bob', 'bob', true],
    ['*,!ada', 'bob', true],
    ['*,!ada', 'ada', false],
    ['!ada', 'bob', false],
  ])('when the key of %s signs for %s, then it is known as that one’s: %s', async (names, actor, isKnown) => {
    const found = await signed(`${names} KEY`);
    const commit = 'a'.repeat(40);
    const owed = [{ commit, signers: undefined, actor, id: undefined, known: true, keys: [] }];
    const findings = await judgeProofs(
      { owed, kept: [] },
      async () => new Map(found === undefined ? [] : [[commit, found]]),
    );
    expect(findings.length === 0).toBe(isKnown);
  });
});
