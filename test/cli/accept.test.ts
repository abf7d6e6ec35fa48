import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let id: string;
const call = (...args: string[]): Promise<Said> => wl(place.remote, args);

beforeAll(async () => {
  place = await makeWorkplace();
  await call('init');
});
afterAll(() => place.cleanup());
beforeEach(async () => {
  id = idIn(await call('create', 'Export', '--acceptance', 'it works', '--acceptance', 'it is told'));
});

test('given criteria, when they are listed, met and taken back by number, then each answer shows how they stand', async () => {
  expect((await call('accept', id)).stdout).toBe('    1 [ ] it works\n    2 [ ] it is told\n');
  const met = await call('accept', id, '2');
  expect(met.stdout).toContain(`${id} has 1 of 2 criteria met`);
  expect(met.stdout).toContain('    2 [x] it is told\n');
  expect((await call('show', id)).stdout).toContain('    1 [ ] it works\n    2 [x] it is told\n');
  expect((await call('accept', id, '--all')).stdout).toContain('2 of 2 criteria met');
  expect((await call('accept', id, '1', '--undo')).stdout).toContain('1 of 2 criteria met');
  expect((await call('accept', id, '2')).stdout).toContain(`nothing to change in ${id}`);
});

test.each(['0', '3', 'it works', '1e1'])(
  'given criteria, when %j is none of their numbers, then it says which are',
  async (typed) => {
    const { status, stderr } = await call('accept', id, typed);
    expect(status).toBe(2);
    expect(stderr).toContain('They are numbered from 1 to 2.');
  },
);

test('given an open criterion, when the item is completed, then that is said', async () => {
  await call('accept', id, '1');
  const { stdout } = await call('complete', id);
  expect(stdout).toContain('criteria that nobody said are met:\n    2 [ ] it is told\n');
});

test('given a ledger that requires all criteria, when one is open, then completing is refused with what to do', async () => {
  await call('config', 'set', 'acceptance', 'required');
  const { status, stderr } = await call('complete', id);
  expect(status).toBe(6);
  expect(stderr).toContain(`${id} cannot be completed: 2 of its 2 criteria are open.`);
  await call('accept', id, '--all');
  expect((await call('complete', id)).stdout).toContain(`completed ${id}`);
  await call('config', 'set', 'acceptance', 'none');
});
