import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let parent: string;
const call = (...args: string[]): Promise<Said> => wl(place.remote, args);

beforeAll(async () => {
  place = await makeWorkplace();
  await call('init');
});
afterAll(() => place.cleanup());
beforeEach(async () => {
  parent = idIn(await call('create', 'Parent'));
  await call('claim', parent);
});

const addPart = async (): Promise<string> => idIn(await call('create', 'Part', '--parent', parent));

test.each([
  ['cancelled', ['cancel']],
  ['failed', ['fail', '--error', 'boom']],
])(
  'given open parts, when their parent is %s, then it is said that they are not ready, and how to cancel them',
  async (_, [verb = '', ...more]) => {
    const parts = [await addPart(), await addPart()];
    const { stderr } = await call(verb, parent, ...more);
    const listed = parts.toReversed();
    const said = [parts, listed].map(
      (ids) =>
        `open parts of ${parent} are not ready any more: ${ids.join(', ')}; to cancel them: wl cancel ${ids.join(' ')}`,
    );
    expect(said.some((text) => stderr.includes(text))).toBe(true);
  },
);

test('given an open part, when its parent fails and is pending again, then the part is as ready as before, and nothing is said', async () => {
  await addPart();
  const { stdout, stderr } = await call('fail', parent, '--retry', '--error', 'boom');
  expect(stdout).toContain('which is pending again');
  expect(stderr).not.toContain('not ready any more');
});

test('given open parts, when their parent is cancelled with them, then nothing is left to say', async () => {
  await addPart();
  expect((await call('cancel', parent, '--cascade')).stderr).not.toContain('open parts');
});
