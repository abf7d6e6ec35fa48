import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, forge, inFile, inMessage, readHistory, writeHistory } from './forge.ts';
import { FIRST, liveHonestly, SECOND, THIRD } from './honest.ts';
import { audit, makeLedger } from './ledgers.ts';

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

/** History without the first commit that begins with `start`, up to the one that begins with `last`. */
function without(start: string, last: string): ForgedCommit[] {
  const gone = history.findIndex(({ message }) => message.startsWith(start));
  const end = history.findIndex(({ message }, index) => index > gone && message.startsWith(last));
  return history.filter((_, index) => index !== gone && index <= end);
}

describe('given a transition that was not legal', () => {
  it('when work completes that nobody claimed, then the status jumped', async () => {
    const commits = without(`claim ${FIRST}`, `complete ${FIRST}`).filter(
      ({ message }) => !message.startsWith('checkpoint'),
    );
    expect(await rulesOf(commits)).toEqual(['rev', 'trailer:Work-Status', 'illegal:STALE_EPOCH']);
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
    expect(await broken(`create ${FIRST}`, retold)).toEqual(['trailer:Work-Status', 'content']);
  });

  it('when a superseded holder writes, then its epoch is stale, and the epoch of the item went back', async () => {
    const back = (commit: ForgedCommit) => ({
      ...inFile(commit, 'epoch: 2', 'epoch: 1'),
      ...inMessage(commit, 'Work-Epoch: 2', 'Work-Epoch: 1'),
    });
    expect(await broken(`submit ${SECOND}`, back)).toEqual(['epoch', 'illegal:STALE_EPOCH']);
  });

  it('when another execution of the holder writes, then it is stale', async () => {
    const other = (commit: ForgedCommit) => ({
      ...inFile(commit, /exec-3/g, 'exec-9'),
      ...inMessage(commit, 'exec-3', 'exec-9'),
    });
    expect(await broken(`submit ${SECOND}`, other)).toEqual(['illegal:STALE_EPOCH']);
  });

  it('when someone else completes, then they are not the owner', async () => {
    const stolen = (commit: ForgedCommit) => ({
      author: 'eve',
      ...inMessage(commit, 'Actor: bob', 'Actor: eve'),
    });
    expect(await broken(`complete ${FIRST}`, stolen)).toEqual(['illegal:NOT_OWNER']);
  });

  it('when a blocked item is claimed, then it is found', async () => {
    expect(await rulesOf(without(`unblock ${SECOND}`, `claim ${SECOND}`))).toEqual([
      'rev',
      'trailer:Work-Status',
      'illegal:ILLEGAL_TRANSITION',
    ]);
  });

  it('when more changes than the verb does, then the file is found', async () => {
    const more = (commit: ForgedCommit) => inFile(commit, 'priority: medium', 'priority: critical');
    expect(await broken(`checkpoint ${FIRST}`, more)).toEqual(['content']);
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
    expect(await broken(`comment ${SECOND}`, update)).toEqual(['content']);
  });

  it('when an item is updated that does not exist, then it is found', async () => {
    const update = (commit: ForgedCommit) =>
      inMessage({ ...commit, ...inMessage(commit, /^create/, 'update') }, 'Verb: create', 'Verb: update');
    expect(await broken(`create ${FIRST}`, update)).toEqual(['illegal:NOT_FOUND']);
  });
});

describe('given a number that is not the next one', () => {
  it('when rev is skipped, then it is found', async () => {
    const skip = (commit: ForgedCommit) => ({
      ...inFile(commit, 'rev: 2', 'rev: 3'),
      ...inMessage(commit, 'Rev: 2', 'Rev: 3'),
    });
    expect(await broken(`claim ${FIRST}`, skip)).toEqual(['rev']);
  });

  it('when an id is given again after its item was deleted, then it is found', async () => {
    const create = history.find(({ message }) => message.startsWith(`create ${THIRD}`));
    if (create === undefined) throw new Error('the third item was not made');
    const op = '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11';
    const again = {
      ...create,
      ...inMessage(create, /^Work-Op: .*$/m, `Work-Op: ${op}`),
      ...inFile(create, /^last_op: .*$/m, `last_op: "${op}"`),
    };
    expect(await rulesOf([...history, again])).toEqual(['reused']);
  });

  it('when an item is created that stands already, then it is found', async () => {
    const create = history.find(({ message }) => message.startsWith(`create ${SECOND}`));
    if (create === undefined) throw new Error('the second item was not made');
    expect(await rulesOf([...history, create])).toEqual([
      'op',
      'rev',
      'epoch',
      'trailer:Work-Status',
      'illegal:ID_TAKEN',
    ]);
  });
});

it('given one bad commit, when it is verified, then the replay goes on, and later commits are judged by what stands', async () => {
  const at = history.findIndex(({ message }) => message.startsWith(`checkpoint ${FIRST}`));
  const commits = history.map((commit, index) =>
    index < at
      ? commit
      : { ...commit, ...(hasFirst(commit) ? inFile(commit, 'priority: medium', 'priority: high') : {}) },
  );
  const { findings, commits: count, items } = await audit(gitDir, await writeHistory(gitDir, commits));
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
  expect({ count, items }).toEqual({ count: history.length, items: 2 });
});

const hasFirst = ({ files }: ForgedCommit): boolean =>
  files.some(({ path, text }) => path.endsWith(`${FIRST}.yaml`) && text !== undefined);
