import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isolateThisProcess, makeTempFolder, runGit, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, forge, inFile, inMessage, readHistory, writeHistory } from './forge.ts';
import { FIRST, liveHonestly, SECOND } from './honest.ts';
import { audit, makeLedger } from './ledgers.ts';

const MERGE = { message: "Merge branch 'review'\n", author: 'eve', at: 1_767_438_000 };

let folder: TempFolder;
let gitDir: string;
let history: ForgedCommit[];

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const place = await makeLedger(folder.path);
  gitDir = place.gitDir;
  await liveHonestly(place.ledger);
  await place.ledger.close();
  history = await readHistory(gitDir);
});
afterAll(() => folder.cleanup());

async function rulesOf(commits: readonly ForgedCommit[]): Promise<string[]> {
  return (await audit(gitDir, await writeHistory(gitDir, commits))).findings.map(({ rule }) => rule);
}

const broken = (start: string, tamper: (commit: ForgedCommit) => Partial<ForgedCommit>): Promise<string[]> =>
  rulesOf(forge(history, start, tamper));

function commitOf(start: string): ForgedCommit {
  const commit = history.find(({ message }) => message.startsWith(start));
  if (commit === undefined) throw new Error(`no commit begins with ${start}`);
  return commit;
}

describe('given a merge', () => {
  /** Two transitions that were made beside one another, of two items, and a merge of both. */
  function merged(
    files: (ours: ForgedCommit, theirs: ForgedCommit) => ForgedCommit['files'],
  ): ForgedCommit[] {
    const base = history.slice(0, history.indexOf(commitOf(`checkpoint ${FIRST}`)));
    const ours = { ...commitOf(`checkpoint ${FIRST}`), parents: [base.length - 1] };
    const theirs = { ...commitOf(`block ${SECOND}`), parents: [base.length - 1] };
    const parents = [base.length, base.length + 1];
    return [...base, ours, theirs, { ...MERGE, files: files(ours, theirs), parents }];
  }

  it('that takes each item from one of its parents, then nothing is found, and what follows is judged by it', async () => {
    const commits = merged((_ours, theirs) => theirs.files);
    const rest = history.slice(history.indexOf(commitOf(`complete ${FIRST}`)));
    expect(await rulesOf([...commits, ...rest])).toEqual([]);
  });

  it('that leaves a transition of one parent out, then it is found, and what rests on it', async () => {
    const unblock = commitOf(`unblock ${SECOND}`);
    expect(await rulesOf([...merged(() => []), unblock])).toEqual([
      'merge',
      'rev',
      'trailer:Work-Status',
      'illegal:ILLEGAL_TRANSITION',
    ]);
  });

  it('on a branch that did not see what others did meanwhile, then nothing is found', async () => {
    const commits = merged((_ours, theirs) => theirs.files);
    const inner = commits.length - 1;
    const [checkpoint, block] = [inner - 2, inner - 1];
    // The item that was checkpointed is completed beside the inner merge, which has it as it was then.
    const complete = { ...commitOf(`complete ${FIRST}`), parents: [checkpoint], committed: 1_767_438_001 };
    const update = {
      ...MERGE,
      files: commits[checkpoint]?.files ?? [],
      parents: [block, checkpoint],
      committed: 1_767_438_002,
    };
    const together = {
      ...MERGE,
      files: complete.files,
      parents: [inner + 1, inner],
      committed: 1_767_438_003,
    };
    expect(await rulesOf([...commits.slice(0, inner), complete, update, together])).toEqual([]);
  });

  it('that invents an item, then it is found', async () => {
    const invented = (ours: ForgedCommit, theirs: ForgedCommit) => [
      ...theirs.files,
      ...inFile(ours, 'half', 'all').files,
    ];
    expect(await rulesOf(merged(invented))).toEqual(['merge']);
  });

  it('that takes a file that no item can stand at, then it is found', async () => {
    const readme = { path: 'README.md', text: 'Hello.\n' };
    expect(await rulesOf(merged((_ours, theirs) => [...theirs.files, readme]))).toEqual(['merge']);
  });

  it('of two claims of one item, then the lost one is found', async () => {
    const base = history.slice(0, history.indexOf(commitOf(`claim ${FIRST}`)));
    const ours = { ...commitOf(`claim ${FIRST}`), parents: [base.length - 1] };
    const op = '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11';
    const retold = {
      ...ours,
      ...inMessage(ours, /^Work-Op: .*$/m, `Work-Op: ${op}`),
      ...inFile(ours, /^last_op: .*$/m, `last_op: "${op}"`),
    };
    const theirs = {
      ...retold,
      ...inMessage(retold, /bob/g, 'eve'),
      ...inFile(retold, /bob/g, 'eve'),
      author: 'eve',
    };
    const merge = { ...MERGE, files: [], parents: [base.length, base.length + 1] };
    expect(await rulesOf([...base, ours, theirs, merge])).toEqual(['fork']);
  });

  it('with a ledger of another root, then the root is found', async () => {
    const foreign = { ...commitOf('init'), parents: [], author: 'eve', message: 'Initial commit\n' };
    const merge = { ...MERGE, files: [], parents: [history.length - 1, history.length] };
    expect(await rulesOf([...history, foreign, merge])).toEqual(['root']);
  });
});

describe('given a history that begins', () => {
  it.each([
    [
      'without `init`',
      (commit: ForgedCommit) => inMessage(commit, /^[\s\S]*$/, 'Initial commit\n'),
      ['root'],
    ],
    ['without settings', () => ({ files: [{ path: 'README.md', text: 'Hello.\n' }] }), ['root']],
    [
      'with settings that cannot be read',
      () => ({ files: [{ path: 'ledger.yaml', text: 'schema: 9\n' }] }),
      ['root'],
    ],
    [
      'with the id of another ledger in its message',
      (commit: ForgedCommit) => inMessage(commit, /^init ledger .*$/m, 'init ledger 1'),
      ['message'],
    ],
    [
      'with a trailer twice',
      (commit: ForgedCommit) => inMessage(commit, /^Work-Verb: init$/m, 'Work-Verb: init\nWork-Verb: init'),
      ['repeated', 'root'],
    ],
  ])('%s, then it is found', async (_what, tamper, rules) => {
    expect(await broken('init', tamper)).toEqual(rules);
  });

  it('with an item, then it is found', async () => {
    const item = commitOf(`create ${FIRST}`).files;
    expect(await broken('init', ({ files }) => ({ files: [...files, ...item] }))).toEqual(['root']);
  });

  it('before what this clone has, then it is found where history is cut off', async () => {
    const shallow = join(folder.path, 'shallow');
    const url = `file://${gitDir}`;
    await runGit(folder.path, ['clone', '--quiet', '--depth=3', '--branch=work-ledger', url, shallow]);
    const { findings, commits } = await audit(join(shallow, '.git'));
    expect(findings.map(({ rule }) => rule)).toEqual(['root']);
    expect(commits).toBe(3);
  });
});

describe('given a change of settings', () => {
  const settings = (from: string, to: string) => (commit: ForgedCommit) => inFile(commit, from, to);

  it.each([
    ['that changes the lineage', settings('ledger_id: "', 'ledger_id: "0'), ['configure']],
    [
      'that changes what its message does not say',
      settings('max_attempts: 3', 'max_attempts: 9'),
      ['message'],
    ],
    ['that is written in other bytes', settings('lease_ttl_s: 600', 'lease_ttl_s: 0600'), ['canonical']],
    ['that cannot be read', settings('lease_ttl_s: 600', 'lease_ttl_s: soon'), ['configure']],
    ['that is nothing', settings('lease_ttl_s: 600', 'lease_ttl_s: 3600'), ['configure']],
  ])('%s, then it is found', async (_what, tamper, rules) => {
    expect(await broken('configure', tamper)).toEqual(rules);
  });

  it('that touches an item, then it is found', async () => {
    const item = commitOf(`claim ${SECOND}`).files;
    expect(await broken('configure', ({ files }) => ({ files: [...files, ...item] }))).toEqual(['configure']);
  });
});
