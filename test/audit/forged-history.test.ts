import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type ForgedCommit, inFile, inMessage } from './forge.ts';
import { Forger, OTHER_OP } from './forger.ts';
import { FIRST, SECOND } from './honest.ts';
import { audit } from './ledgers.ts';

const MERGE = { message: "Merge branch 'review'\n", author: 'eve', at: 1_767_438_000 };

const forger = new Forger();

describe('given a merge', () => {
  /** Two transitions that were made beside one another, of two items, and a merge of both. */
  function merged(
    files: (ours: ForgedCommit, theirs: ForgedCommit) => ForgedCommit['files'],
  ): ForgedCommit[] {
    const base = forger.history.slice(0, forger.history.indexOf(forger.commitOf(`checkpoint ${FIRST}`)));
    const ours = { ...forger.commitOf(`checkpoint ${FIRST}`), parents: [base.length - 1] };
    const theirs = { ...forger.commitOf(`block ${SECOND}`), parents: [base.length - 1] };
    const parents = [base.length, base.length + 1];
    return [...base, ours, theirs, { ...MERGE, files: files(ours, theirs), parents }];
  }

  it('that takes each item from one of its parents, then nothing is found, and what follows is judged by it', async () => {
    const commits = merged((_ours, theirs) => theirs.files);
    const rest = forger.history.slice(forger.history.indexOf(forger.commitOf(`complete ${FIRST}`)));
    expect(await forger.rulesOf([...commits, ...rest])).toEqual([]);
  });

  it('that leaves a transition of one parent out, then it is found, and what rests on it', async () => {
    const unblock = forger.commitOf(`unblock ${SECOND}`);
    expect(await forger.rulesOf([...merged(() => []), unblock])).toEqual([
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
    const complete = {
      ...forger.commitOf(`complete ${FIRST}`),
      parents: [checkpoint],
      committed: 1_767_438_001,
    };
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
    expect(await forger.rulesOf([...commits.slice(0, inner), complete, update, together])).toEqual([]);
  });

  it('that invents an item, then it is found', async () => {
    const invented = (ours: ForgedCommit, theirs: ForgedCommit) => [
      ...theirs.files,
      ...inFile(ours, 'half', 'all').files,
    ];
    expect(await forger.rulesOf(merged(invented))).toEqual(['merge']);
  });

  it('that takes a file that no item can stand at, then it is found', async () => {
    const readme = { path: 'README.md', text: 'Hello.\n' };
    expect(await forger.rulesOf(merged((_ours, theirs) => [...theirs.files, readme]))).toEqual(['merge']);
  });

  it('of two claims of one item, then the lost one is found', async () => {
    const base = forger.history.slice(0, forger.history.indexOf(forger.commitOf(`claim ${FIRST}`)));
    const ours = { ...forger.commitOf(`claim ${FIRST}`), parents: [base.length - 1] };
    const retold = {
      ...ours,
      ...inMessage(ours, /^Work-Op: .*$/m, `Work-Op: ${OTHER_OP}`),
      ...inFile(ours, /^last_op: .*$/m, `last_op: "${OTHER_OP}"`),
    };
    const theirs = {
      ...retold,
      ...inMessage(retold, /bob/g, 'eve'),
      ...inFile(retold, /bob/g, 'eve'),
      author: 'eve',
    };
    const merge = { ...MERGE, files: [], parents: [base.length, base.length + 1] };
    expect(await forger.rulesOf([...base, ours, theirs, merge])).toEqual(['fork']);
  });

  it('with a ledger of another root, then the root is found, and that both have other settings', async () => {
    const foreign = { ...forger.commitOf('init'), parents: [], author: 'eve', message: 'Initial commit\n' };
    const merge = { ...MERGE, files: [], parents: [forger.history.length - 1, forger.history.length] };
    expect(await forger.rulesOf([...forger.history, foreign, merge])).toEqual(['root', 'merge']);
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
    expect(await forger.broken('init', tamper)).toEqual(rules);
  });

  it('with an item, then it is found', async () => {
    const item = forger.commitOf(`create ${FIRST}`).files;
    expect(await forger.broken('init', ({ files }) => ({ files: [...files, ...item] }))).toEqual(['root']);
  });

  it('before what this clone has, then it is found where history is cut off', async () => {
    const shallow = join(forger.folder, 'shallow');
    const url = `file://${forger.gitDir}`;
    await runGit(forger.folder, ['clone', '--quiet', '--depth=3', '--branch=work-ledger', url, shallow]);
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
    expect(await forger.broken('configure', tamper)).toEqual(rules);
  });

  it('that touches an item, then it is found', async () => {
    const item = forger.commitOf(`claim ${SECOND}`).files;
    expect(await forger.broken('configure', ({ files }) => ({ files: [...files, ...item] }))).toEqual([
      'configure',
    ]);
  });
});
