import { describe, expect, it } from 'vitest';
import { type ForgedCommit, inFile, inMessage } from './forge.ts';
import { Forger, OTHER_OP } from './forger.ts';
import { FIRST, SECOND, THIRD } from './honest.ts';
import { audit } from './ledgers.ts';

const forger = new Forger();

/** History without the first commit that begins with `start`, up to the one that begins with `last`. */
function without(start: string, last: string): ForgedCommit[] {
  const gone = forger.history.findIndex(({ message }) => message.startsWith(start));
  const end = forger.history.findIndex(({ message }, index) => index > gone && message.startsWith(last));
  return forger.history.filter((_, index) => index !== gone && index <= end);
}

describe('given a transition that was not legal', () => {
  it('when work completes that nobody claimed, then the status jumped', async () => {
    const commits = without(`claim ${FIRST}`, `complete ${FIRST}`).filter(
      ({ message }) => !message.startsWith('checkpoint'),
    );
    expect(await forger.rulesOf(commits)).toEqual(['rev', 'trailer:Work-Status', 'illegal:STALE_EPOCH']);
  });

  it('when an item is made that is completed already, then it is found', async () => {
    const jump = (commit: ForgedCommit) => ({
      ...inMessage(commit, 'none -> pending\n\n', 'none -> completed\n\n'),
      files: inFile(commit, 'status: pending', 'status: completed').files.map((file) => ({
        ...file,
        path: file.path.replace('active', 'completed'),
      })),
    });
    const retold = (commit: ForgedCommit) => ({
      ...jump(commit),
      ...inMessage({ ...commit, ...jump(commit) }, 'Status: none -> pending', 'Status: none -> completed'),
    });
    expect(await forger.broken(`create ${FIRST}`, retold)).toEqual(['trailer:Work-Status', 'content']);
  });

  it('when a superseded holder writes, then its epoch is stale, and the epoch of the item went back', async () => {
    const back = (commit: ForgedCommit) => ({
      ...inFile(commit, 'epoch: 2', 'epoch: 1'),
      ...inMessage(commit, 'Work-Epoch: 2', 'Work-Epoch: 1'),
    });
    expect(await forger.broken(`submit ${SECOND}`, back)).toEqual(['epoch', 'illegal:STALE_EPOCH']);
  });

  it('when another execution of the holder writes, then it is stale', async () => {
    const other = (commit: ForgedCommit) => ({
      ...inFile(commit, /exec-3/g, 'exec-9'),
      ...inMessage(commit, 'exec-3', 'exec-9'),
    });
    expect(await forger.broken(`submit ${SECOND}`, other)).toEqual(['illegal:STALE_EPOCH']);
  });

  it('when someone else completes, then they are not the owner', async () => {
    const stolen = (commit: ForgedCommit) => ({
      author: 'eve',
      ...inMessage(commit, 'Actor: bob', 'Actor: eve'),
    });
    expect(await forger.broken(`complete ${FIRST}`, stolen)).toEqual(['illegal:NOT_OWNER']);
  });

  it('when a blocked item is claimed, then it is found', async () => {
    expect(await forger.rulesOf(without(`unblock ${SECOND}`, `claim ${SECOND}`))).toEqual([
      'rev',
      'trailer:Work-Status',
      'illegal:ILLEGAL_TRANSITION',
    ]);
  });

  it('when more changes than the verb does, then the file is found', async () => {
    const more = (commit: ForgedCommit) => inFile(commit, 'priority: medium', 'priority: critical');
    expect(await forger.broken(`checkpoint ${FIRST}`, more)).toEqual(['content']);
  });

  it('when nothing changes but the revision, then it is found', async () => {
    const update = (commit: ForgedCommit) => ({
      ...inMessage(
        { ...commit, ...inMessage(commit, /^comment/, 'update') },
        'Verb: comment',
        'Verb: update',
      ),
      ...inFile(commit, /^comments:\n[\s\S]*$/m, ''),
    });
    expect(await forger.broken(`comment ${SECOND}`, update)).toEqual(['content']);
  });

  it('when an item is updated that does not exist, then it is found', async () => {
    const update = (commit: ForgedCommit) =>
      inMessage({ ...commit, ...inMessage(commit, /^create/, 'update') }, 'Verb: create', 'Verb: update');
    expect(await forger.broken(`create ${FIRST}`, update)).toEqual(['illegal:NOT_FOUND']);
  });
});

describe('given a number that is not the next one', () => {
  it('when rev is skipped, then it is found', async () => {
    const skip = (commit: ForgedCommit) => ({
      ...inFile(commit, 'rev: 2', 'rev: 3'),
      ...inMessage(commit, 'Rev: 2', 'Rev: 3'),
    });
    expect(await forger.broken(`claim ${FIRST}`, skip)).toEqual(['rev']);
  });

  it('when an id is given again after its item was deleted, then it is found', async () => {
    const create = forger.commitOf(`create ${THIRD}`);
    const again = {
      ...create,
      ...inMessage(create, /^Work-Op: .*$/m, `Work-Op: ${OTHER_OP}`),
      ...inFile(create, /^last_op: .*$/m, `last_op: "${OTHER_OP}"`),
    };
    expect(await forger.rulesOf([...forger.history, again])).toEqual(['reused']);
  });

  it('when an item is created that stands already, then it is found', async () => {
    const create = forger.commitOf(`create ${SECOND}`);
    expect(await forger.rulesOf([...forger.history, create])).toEqual([
      'op',
      'rev',
      'epoch',
      'trailer:Work-Status',
      'trailer:Work-Key',
      'illegal:ID_TAKEN',
    ]);
  });
});

it('given one bad commit, when it is verified, then the replay goes on, and later commits are judged by what stands', async () => {
  const at = forger.history.findIndex(({ message }) => message.startsWith(`checkpoint ${FIRST}`));
  const commits = forger.history.map((commit, index) =>
    index < at
      ? commit
      : { ...commit, ...(hasFirst(commit) ? inFile(commit, 'priority: medium', 'priority: high') : {}) },
  );
  const { findings, commits: count, items } = await audit(forger.gitDir, await forger.write(commits));
  expect(findings).toEqual([
    {
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      rule: 'content',
      id: FIRST,
      subject: `checkpoint ${FIRST}: in_progress`,
      message:
        'decided again, it gives another file: line 7 is "priority: high" and should be "priority: medium"',
    },
  ]);
  expect({ count, items }).toEqual({ count: forger.history.length, items: 2 });
});

const hasFirst = ({ files }: ForgedCommit): boolean =>
  files.some(({ path, text }) => path.endsWith(`${FIRST}.yaml`) && text !== undefined);
