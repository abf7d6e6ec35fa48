import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let origin: string;
const call = (...args: string[]): Promise<Said> => wl(place.remote, args);
const linksOf = async (id: string): Promise<unknown> => (await call('show', id, '--json')).data.links;

beforeAll(async () => {
  place = await makeWorkplace();
  await call('init');
});
afterAll(() => place.cleanup());
beforeEach(async () => {
  origin = idIn(await call('create', 'Export'));
});

test('given an item, when others are made of what came up in its work, then it shows those that are open', async () => {
  const done = idIn(await call('create', 'Seen', '--discovered-from', origin));
  await call('complete', done);
  const open = idIn(await call('create', 'Fix the date', '--discovered-from', origin));
  expect(await linksOf(open)).toEqual([{ kind: 'discovered_from', target: origin }]);
  expect((await call('show', origin)).stdout).toMatch(
    new RegExp(`^ *follow-ups +${open} \\(pending\\)$`, 'm'),
  );
  const listed = await call('list', '--discovered-from', origin, '--json');
  expect(listed.list.map(({ id }) => id)).toEqual([open]);
});

test('given an item that is held, when another is made without an id, then it is of that one', async () => {
  await call('claim', origin);
  const made = idIn(await call('create', 'Fix the date', '--discovered-from'));
  expect(await linksOf(made)).toEqual([{ kind: 'discovered_from', target: origin }]);
  await call('claim', made);
  const unclear = await call('create', 'Another', '--discovered-from');
  expect(unclear.status).toBe(2);
  expect(unclear.stderr).toContain('You hold 2 items here, so --discovered-from needs an id.');
  await call('release', origin, made);
  expect((await call('create', 'Another', '--discovered-from')).stderr).toContain('You hold no item here');
});
