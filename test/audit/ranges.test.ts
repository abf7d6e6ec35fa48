import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayBase, type Verification, verifyLedger } from '../../src/audit/verify.ts';
import { NativeStore } from '../../src/store/native.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { type ForgedCommit, forge, inFile, inMessage } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST, SECOND, THIRD } from './honest.ts';

const forger = new Forger();
let store: NativeStore;

beforeAll(() => {
  store = new NativeStore(forger.gitDir);
});
afterAll(() => store.close());

const line = async (tip: string): Promise<string[]> =>
  (await runGit(forger.gitDir, ['rev-list', '--reverse', tip])).split('\n');
const rulesOf = ({ findings }: Verification): string[] => findings.map(({ rule }) => rule);
/** The audit of a forged history, of all but its first `trusted` commits. */
async function after(commits: readonly ForgedCommit[], trusted: number): Promise<Verification> {
  const tip = await forger.write(commits);
  return verifyLedger(store, tip, { from: (await line(tip))[trusted - 1] });
}

it('given an honest history, when it is verified from any of its commits, then nothing is found and only the rest is replayed', async () => {
  const tip = await forger.write(forger.history);
  const whole = await verifyLedger(store, tip);
  const commits = await line(tip);
  for (const [index, from] of commits.entries()) {
    expect(await replayBase(store, from, tip)).toBe(from);
    const checked = await verifyLedger(store, tip, { from });
    expect(checked).toMatchObject({ ok: true, findings: [], from, items: whole.items });
    expect(checked.commits).toBe(commits.length - index - 1);
  }
});

it.each([
  [
    'a status that was jumped',
    (c: ForgedCommit) => inMessage(c, 'pending -> in_progress', 'blocked -> in_progress'),
  ],
  ['a rev that went on by two', (c: ForgedCommit) => inFile(c, /^rev: \d+$/m, 'rev: 9')],
  ['another author', () => ({ author: 'eve' })],
])(
  'given %s after the trusted commit, then what is found is what replaying all finds',
  async (_what, tamper) => {
    const commits = forge(forger.history, `claim ${FIRST}`, tamper);
    const whole = await verifyLedger(store, await forger.write(commits));
    const part = await after(commits, commits.length - 1);
    expect(rulesOf(part)).toEqual(rulesOf(whole));
    expect(part.ok).toBe(false);
  },
);

it('given a broken commit before the trusted one, then it is taken as it stands', async () => {
  const at = forger.history.findIndex(({ message }) => message.startsWith(`claim ${FIRST}`));
  const commits = forger.history.map((commit, index) =>
    index === at ? { ...commit, author: 'eve' } : commit,
  );
  expect(rulesOf(await after(commits, at))).toEqual(['author']);
  expect(rulesOf(await after(commits, at + 1))).toEqual([]);
});

it('given a transition from before the trusted commit, when it is made once more, then it is found', async () => {
  const release = forger.commitOf(`release ${SECOND}`);
  const again = { ...release, at: release.at, files: [] };
  expect(rulesOf(await after([...forger.history, again], forger.history.length))).toContain('op');
});

it('given an item that was deleted before the trusted commit, when its id is given again, then it is found', async () => {
  const create = forger.commitOf(`create ${THIRD}`);
  expect(rulesOf(await after([...forger.history, create], forger.history.length))).toContain('reused');
});

it('given work from before the trusted commit that is merged in after it, then replaying begins where that began; on another line, nowhere', async () => {
  const base = forger.history.slice(0, forger.history.indexOf(forger.commitOf(`checkpoint ${FIRST}`)));
  const ours = { ...forger.commitOf(`checkpoint ${FIRST}`), parents: [base.length - 1] };
  const theirs = { ...forger.commitOf(`block ${SECOND}`), parents: [base.length - 1] };
  const merge = {
    message: 'Merge\n',
    author: 'eve',
    at: 1_767_438_000,
    files: theirs.files,
    parents: [base.length, base.length + 1],
  };
  const tip = await forger.write([...base, ours, theirs, merge]);
  const [first = '', second = ''] = (
    await runGit(forger.gitDir, ['rev-parse', `${tip}^1`, `${tip}^2`])
  ).split('\n');
  const fork = await runGit(forger.gitDir, ['merge-base', first, second]);
  expect(await replayBase(store, first, tip)).toBe(fork);
  expect(await replayBase(store, second, first)).toBe(undefined);
  expect(await replayBase(store, fork, tip)).toBe(fork);
  expect(rulesOf(await verifyLedger(store, tip, { from: fork }))).toEqual([]);
});
