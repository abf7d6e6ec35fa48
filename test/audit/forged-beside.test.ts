import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/index.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, type ForgedFile, forge, inMessage, readHistory, writeHistory } from './forge.ts';
import { audit, makeLedger } from './ledgers.ts';

const OWNERS = { path: 'CODEOWNERS', text: '* @ada\n' };
const LIMIT = 256 * 1024;

let folder: TempFolder;
let gitDir: string;
let history: ForgedCommit[];

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  // Before what is forged claims to be committed.
  const clock = { ...systemClock, now: () => new Date('2026-01-03T10:30:00.000Z') };
  const place = await makeLedger(folder.path, { clock });
  gitDir = place.gitDir;
  await place.ledger.admin.configure({}, { files: [OWNERS, { path: 'policy/x', text: 'x\n' }] });
  await place.ledger.admin.configure(
    { lease_ttl_s: 600 },
    { files: [{ path: 'policy/x', text: undefined }] },
  );
  await place.ledger.createWork({ title: 'One' });
  await place.ledger.close();
  history = await readHistory(gitDir);
});
afterAll(() => folder.cleanup());

async function broken(
  start: string,
  tamper: (commit: ForgedCommit) => Partial<ForgedCommit>,
): Promise<string[]> {
  const { findings } = await audit(gitDir, await writeHistory(gitDir, forge(history, start, tamper)));
  return findings.map(({ rule }) => rule);
}

const adding =
  (file: ForgedFile) =>
  ({ files }: ForgedCommit): Partial<ForgedCommit> => ({ files: [...files, file] });

describe('given files that configure set', () => {
  it('when the history is as it was made, then nothing is found', async () => {
    expect(history.map(({ message }) => message.split('\n')[0]).slice(1, 3)).toEqual([
      'configure files: CODEOWNERS, policy/x',
      'configure ledger.yaml: lease_ttl_s; files: policy/x',
    ]);
    expect(await audit(gitDir)).toMatchObject({ ok: true, commits: 4 });
  });

  it.each<[string, ForgedFile, string[]]>([
    ['a path where none belongs', { path: 'src/x', text: '' }, ['configure']],
    ['a place of an item', { path: 'active/2026-01/x01/WRK-20260103-0001.yaml', text: '' }, ['configure']],
    ['what only a mend may touch', { path: 'quarantine/x', text: '' }, ['configure']],
    [
      'a name that some systems take for git’s',
      { path: 'templates/git~1/x', text: '' },
      ['tree:hasDotgit', 'configure'],
    ],
    [
      'a name that differs in case alone',
      { path: 'policy/X', text: '' },
      ['tree:sameName', 'configure', 'message'],
    ],
    ['the name of a folder in another case', { path: 'Policy/x', text: '' }, ['tree:sameName', 'configure']],
    [
      'a folder of items in another case',
      { path: 'Active/2026-01/x01/WRK-20260103-0001.yaml', text: '' },
      ['configure'],
    ],
    [
      'git’s folder, with a letter that is not seen',
      { path: 'policy/.g\u200cit/x', text: '' },
      ['tree:hasDotgit', 'configure'],
    ],
    ['a device of Windows', { path: 'policy/aux.yaml', text: '' }, ['configure']],
    ['a device of Windows in capitals', { path: 'policy/CON', text: '' }, ['configure']],
    ['a letter composed in one way', { path: 'policy/\u00e9', text: '' }, ['configure']],
    ['a letter composed in another', { path: 'policy/e\u0301', text: '' }, ['configure']],
    ['a space at the end', { path: 'policy/x ', text: '' }, ['tree:sameName', 'configure']],
    ['a symbolic link', { path: 'policy/y', text: '/etc/passwd', mode: '120000' }, ['mode', 'message']],
    ['an executable', { path: 'policy/y', text: '', mode: '100755' }, ['mode', 'message']],
    ['one that is too large', { path: 'policy/y', text: 'x'.repeat(LIMIT + 1) }, ['configure', 'message']],
    [
      'bytes that are no text',
      { path: 'policy/y', text: Buffer.from([0xff, 0xfe]) },
      ['configure', 'message'],
    ],
  ])('when one is %s, then it is found', async (_what, file, rules) => {
    expect(await broken('configure files', adding(file))).toEqual(rules);
  });

  it('when the message leaves one out, then it is found', async () => {
    expect(await broken('configure files', (commit) => inMessage(commit, ', policy/x', ''))).toEqual([
      'message',
    ]);
    expect(
      await broken('configure ledger.yaml', (commit) => inMessage(commit, '; files: policy/x', '')),
    ).toEqual(['message']);
  });

  it('when there are more than one commit may have, then it is found', async () => {
    const many = Array.from({ length: 21 }, (_, index) => ({ path: `policy/${index}`, text: '' }));
    expect(await broken('configure files', () => ({ files: many }))).toContain('configure');
  });

  it('when it changes nothing, then it is found', async () => {
    expect(await broken('configure files', () => ({ files: [] }))).toEqual(['configure']);
  });

  it('when a later one sets the same name in another case, then it is found, also where each commit is right by itself', async () => {
    const [root, first, second] = history;
    if (root === undefined || first === undefined || second === undefined) throw new Error('no history');
    const at = (path: string) => (commit: ForgedCommit) => ({
      ...inMessage(commit, /^configure .*$/m, `configure files: ${path}`),
      files: [{ path, text: 'x\n' }],
    });
    const line = [root, { ...first, ...at('policy/x')(first) }, { ...second, ...at('policy/X')(second) }];
    const tip = await writeHistory(gitDir, line);
    const { findings } = await audit(gitDir, tip);
    expect(findings.map(({ rule, commit }) => [rule, commit])).toEqual([['tree:sameName', tip]]);
  });

  it('when a transition of an item touches one, then it is found', async () => {
    expect(await broken('create', adding({ path: 'policy/z', text: '' }))).toEqual(['item']);
  });

  it('when a commit of any other kind sets one, then it is found', async () => {
    const files = [{ ...OWNERS, text: '' }];
    const foreign = { message: 'Update CODEOWNERS\n', author: 'ada', at: 1_767_438_000, files };
    const tip = await writeHistory(gitDir, [...history, foreign]);
    const { findings } = await audit(gitDir, tip);
    expect(findings.map(({ rule }) => rule)).toEqual(['item', 'item', 'message']);
  });
});
