import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SettingsPatch } from '../../src/domain/configure.ts';
import { judgePush } from '../../src/githooks/judge.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, readHistory, writeHistory } from './forge.ts';
import { CLOCK } from './forger.ts';
import { FIRST, script } from './honest.ts';
import { audit, BRANCH, makeLedger, type Place, run } from './ledgers.ts';

const POLICY: SettingsPatch = {
  roles: { leads: { members: ['lea'] }, workers: { members: ['ada', 'bob'] } },
  allow: [
    { verbs: ['claim'], roles: ['workers'] },
    { verbs: ['configure', 'repair'], roles: ['leads'] },
  ],
  review: [{ types: ['bug'] }],
};
const NOW = CLOCK.now().getTime() / 1000;

let folder: TempFolder;
let place: Place;
/** What was done while nothing forbade it: a root, two bugs, work on both, and last the policy. */
let free: ForgedCommit[];

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  place = await makeLedger(folder.path, { clock: CLOCK });
  const { say, configure, commands } = script(place.ledger);
  say('create', 'ada', { fields: { title: 'Bug', type: 'bug' } });
  say('claim', 'ada', { id: FIRST, execution_id: 'exec-1' });
  say('complete', 'ada', { id: FIRST, result: { ok: true } });
  say('create', 'ada', { fields: { title: 'Other' } });
  say('claim', 'zoe', { id: 'WRK-20260103-0002', execution_id: 'exec-2' });
  configure({ max_attempts: 9 });
  configure(POLICY);
  await run(place.ledger, commands);
  await place.ledger.close();
  free = await readHistory(place.gitDir);
});
afterAll(() => folder.cleanup());

const commit = (start: string): ForgedCommit => {
  const found = free.find(({ message }) => message.startsWith(start));
  if (found === undefined) throw new Error(`no commit begins with ${start}`);
  return found;
};
/** A transition of the bug as it is while the policy asks for its review: the item remembers to whom it was one. */
const asBug = (start: string): ForgedCommit => {
  const found = commit(start);
  const row = 'worked_as:\n  - by: ada\n    type: bug\n';
  const files = found.files.map(({ path, text }) => ({
    path,
    text: text === undefined ? text : String(text).replace(/(?=^result:)|$(?![\s\S])/m, row),
  }));
  return { ...found, files };
};
const root = (): ForgedCommit => commit('init');
/** The policy as if it had been set first: what else the file says is as it was made. */
function policyFirst(): ForgedCommit {
  const last = free.at(-1);
  if (last === undefined) throw new Error('there is no policy');
  const files = last.files.map(({ path, text }) => ({
    path,
    text: String(text).replace('max_attempts: 9', 'max_attempts: 3'),
  }));
  return { ...last, files };
}

async function findings(commits: readonly ForgedCommit[]) {
  const tip = await writeHistory(place.gitDir, commits);
  const found = (await audit(place.gitDir, tip)).findings;
  return found.map(({ rule, commit: oid }) => ({ rule, last: oid === tip }));
}

/** What the hook says of the last commits of a history whose first `known` are on the server. */
async function judged(commits: readonly ForgedCommit[], known: number) {
  const now = await writeHistory(place.gitDir, commits);
  const old = await writeHistory(place.gitDir, commits.slice(0, known));
  return judgePush(place.gitDir, [{ ref: BRANCH, old, now }], NOW);
}

it('given what was done before there was a policy, when it is verified, then it stands', async () => {
  expect(await findings(free)).toEqual([]);
});

describe('given a policy, when someone goes around the program', () => {
  it.each<[string, () => ForgedCommit[], string]>([
    [
      'claims what is left to others',
      () => [commit('create WRK-20260103-0002'), commit('claim WRK-20260103-0002')],
      'illegal:POLICY_DENIED',
    ],
    [
      'completes what needs a review',
      () => [commit(`create ${FIRST}`), asBug(`claim ${FIRST}`), asBug(`complete ${FIRST}`)],
      'illegal:REVIEW_REQUIRED',
    ],
    [
      'has an item forget under which rules it was taken',
      () => [commit(`create ${FIRST}`), commit(`claim ${FIRST}`)],
      'content',
    ],
  ])('and %s, then verify and the hook find it', async (_what, life, rule) => {
    const commits = [root(), policyFirst(), ...life()];
    expect(await findings(commits)).toEqual([{ rule, last: true }]);
    expect(await judged(commits, 2)).toMatchObject({ rule, ref: BRANCH });
    expect(await judged(commits, commits.length - 1)).toMatchObject({ rule });
    expect(await judged(commits.slice(0, -1), 2)).toBeUndefined();
  });

  it('and gives himself the right in the same commit, then the settings before it decide', async () => {
    const mine = policyFirst();
    const files = mine.files.map(({ path, text }) => ({
      path,
      text: String(text).replace('- lea', '- ada'),
    }));
    const message = mine.message
      .replace(/^configure ledger.yaml: .*$/m, 'configure ledger.yaml: roles')
      .replace(/^Work-Op: .*$/m, 'Work-Op: 019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11');
    const commits = [root(), mine, { ...mine, message, files }];
    expect(await findings(commits)).toEqual([{ rule: 'illegal:POLICY_DENIED', last: true }]);
    expect(await judged(commits, 2)).toMatchObject({ rule: 'illegal:POLICY_DENIED' });
  });

  it('and begins on a commit from before the policy, and merges, then the merge is found, from either side', async () => {
    const [item, claim] = [commit('create WRK-20260103-0002'), commit('claim WRK-20260103-0002')];
    const merge = (parents: readonly number[], files: ForgedCommit['files']): ForgedCommit => ({
      message: 'Merge\n',
      author: 'zoe',
      at: NOW,
      files,
      parents,
    });
    const lines = [root(), item, { ...policyFirst(), parents: [1] }, { ...claim, parents: [1] }];
    for (const commits of [
      [...lines, merge([2, 3], claim.files)],
      [...lines, merge([3, 2], policyFirst().files)],
    ]) {
      expect(await findings(commits)).toEqual([{ rule: 'merge', last: true }]);
      expect(await judged(commits, 3)).toMatchObject({ rule: 'merge' });
    }
  });

  it('and merges what began after the policy, then nothing is found', async () => {
    const [item, own] = [commit(`create ${FIRST}`), commit('create WRK-20260103-0002')];
    const claim = asBug(`claim ${FIRST}`);
    const commits = [root(), policyFirst(), item, { ...own, parents: [2] }, { ...claim, parents: [2] }];
    const merge = { message: 'Merge\n', author: 'zoe', at: NOW, files: claim.files, parents: [3, 4] };
    expect(await findings([...commits, merge])).toEqual([]);
  });
});
