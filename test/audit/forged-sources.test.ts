import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgePush } from '../../src/githooks/judge.ts';
import { isolateThisProcess, makeTempFolder, runGit, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, readHistory, writeHistory } from './forge.ts';
import { CLOCK, OTHER_OP } from './forger.ts';
import { audit, BRANCH, makeLedger } from './ledgers.ts';

let folder: TempFolder;
let gitDir: string;
let history: ForgedCommit[];

const issue = (id: string, status: string): string =>
  JSON.stringify({
    id,
    title: `Issue ${id}`,
    status,
    priority: 2,
    issue_type: 'task',
    created_at: '2026-01-03T09:00:00Z',
    updated_at: '2026-01-03T09:00:00Z',
  });

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const made = await makeLedger(folder.path, { clock: CLOCK });
  ({ gitDir } = made);
  const text = [issue('bd-1', 'open'), issue('bd-2', 'closed')].join('\n');
  await made.ledger.admin.importWork({ from: 'beads', text });
  await made.ledger.close();
  history = await readHistory(gitDir);
});
afterAll(() => folder.cleanup());

const commitOf = (id: string): ForgedCommit => {
  const found = history.find(({ message }) => message.startsWith(`import ${id}`));
  if (found === undefined) throw new Error(`no import of ${id}`);
  return found;
};

/** The import of an item once more, as another item. */
function copied(id: string, other: string): ForgedCommit {
  const { message, files, ...commit } = commitOf(id);
  const op = /Work-Op: (.*)/.exec(message)?.[1] ?? '';
  const retold = (text: string): string => text.replaceAll(id, other).replaceAll(op, OTHER_OP);
  return {
    ...commit,
    message: retold(message),
    files: files.map(({ path, text }) => ({
      path: path.replace(id, other).replace(/\d\d(?=\/[^/]*$)/, other.slice(-2)),
      text: retold(String(text)),
    })),
  };
}

describe.each([
  ['open', 'WRK-20260103-0001'],
  ['ended', 'WRK-20260103-0002'],
])('given a commit that imports a source a second time, whose item is %s', (_, id) => {
  const forged = (): Promise<string> => writeHistory(gitDir, [...history, copied(id, 'WRK-20260103-0003')]);

  it('when history is verified, then it is found', async () => {
    const tip = await forged();
    const { findings } = await audit(gitDir, tip);
    expect(findings).toMatchObject([
      { rule: 'content', commit: tip, message: expect.stringContaining('import') },
    ]);
  });

  it('when it is pushed to a server with the hook, then it is refused, also where finished work was not read yet', async () => {
    const now = await forged();
    const old = await runGit(gitDir, ['rev-parse', `${now}^`]);
    rmSync(join(gitDir, 'work-ledger'), { recursive: true, force: true });
    expect(await judgePush(gitDir, [{ ref: BRANCH, old, now }])).toMatchObject({
      rule: 'content',
      commit: now,
    });
  });
});

it('given a commit that imports another source, when it is pushed, then it is taken', async () => {
  const other = copied('WRK-20260103-0001', 'WRK-20260103-0003');
  const files = other.files.map((file) => ({
    ...file,
    text: String(file.text).replace('id: bd-1', 'id: bd-3'),
  }));
  const now = await writeHistory(gitDir, [...history, { ...other, files }]);
  const old = await runGit(gitDir, ['rev-parse', `${now}^`]);
  expect((await audit(gitDir, now)).findings).toEqual([]);
  expect(await judgePush(gitDir, [{ ref: BRANCH, old, now }])).toBeUndefined();
});
