import { beforeEach, expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { wl } from './workplace.ts';

let repo: SharedRepo;
let dir: string;
let id: string;

beforeEach(async () => {
  repo = await makeSharedRepo();
  dir = await repo.clone('ada');
  const ada = await repo.init(dir);
  ({ id } = await ada.createWork({ title: 'One' }));
  const { id: other } = await ada.createWork({ title: 'Two' });
  itemOf(await ada.claimWork(other));
});

const CALLS: readonly (readonly [string, (id: string) => readonly string[]])[] = [
  ['claim', (one) => ['claim', one]],
  ['acknowledge', () => ['acknowledge', 'work-ledger', '--reason', 'meant']],
  ['review refresh', (one) => ['review', 'refresh', one]],
  ['work', () => ['work', '--once', '--', 'true']],
];

test.each(CALLS)(
  'given that the remote may not be asked, when %s needs it, then its hint names what forbids it, and nothing else',
  async (_, words) => {
    const hintOf = async (more: readonly string[]): Promise<string | null> => {
      const call = words(id);
      const end = call.indexOf('--');
      const typed = end < 0 ? [...call, ...more] : [...call.slice(0, end), ...more, ...call.slice(end)];
      return (await wl(dir, ['--json', ...typed])).error.hint;
    };
    const asked = await hintOf(['--offline']);
    expect(asked).toContain('Leave out --offline');
    expect(asked).not.toContain('ledger.mode');
    await repo.git(dir, 'config', 'ledger.mode', 'local');
    const set = await hintOf([]);
    expect(set).toContain('git config --unset ledger.mode');
    expect(set).not.toContain('--offline');
    const both = await hintOf(['--offline']);
    expect(both).toContain('--offline');
    expect(both).toContain('ledger.mode');
  },
);
