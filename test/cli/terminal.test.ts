import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Said, type TerminalOptions, type Workplace, wl } from './workplace.ts';

let place: Workplace;
const TITLE = 'A title that is a good deal longer than what is left of the line';
const call = (args: readonly string[], options: TerminalOptions = {}): Promise<Said> =>
  wl(place.remote, args, { columns: 60, ...options });
const lines = ({ stdout }: Said): string[] => stdout.trimEnd().split('\n');
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for
const COLOR = /\u001b\[\d+m/g;
const plain = (text: string): string => text.replaceAll(COLOR, '');

beforeAll(async () => {
  place = await makeWorkplace();
  for (const args of [
    ['init'],
    ['create', TITLE, '--priority', 'critical'],
    ['create', 'Short'],
    ['create', 'Gone'],
  ]) {
    await wl(place.remote, args);
  }
  await wl(place.remote, ['cancel', '0003']);
});
afterAll(() => place.cleanup());

it('a terminal gets a header, colours, and lines that fit', async () => {
  const [header = '', first = '', second = ''] = lines(await call(['list']));
  expect(plain(header)).toBe('ID                 STATUS  PRI   TYPE  OWNER  TITLE');
  expect(plain(first)).toBe('WRK-20260103-0001  pend    crit  task  -      A title that …');
  expect(plain(first)).toHaveLength(60);
  expect(plain(second)).toMatch(/Short$/);
  expect(first).toMatch(COLOR);
});

it('given a terminal that does not know its width, when it lists or gives help, then nothing is cut', async () => {
  const [header = '', first = '', second = ''] = lines(await call(['list'], { columns: 0 }));
  expect(plain(header)).toBe('ID                 STATUS  PRI   TYPE  OWNER  TITLE');
  expect(plain(first)).toBe(`WRK-20260103-0001  pend    crit  task  -      ${TITLE}`);
  expect(plain(second)).toMatch(/Short$/);
  const help = await call(['list', '--help'], { columns: 0 });
  expect(help.stdout).toBe((await call(['list', '--help'], { columns: 100 })).stdout);
});

it.each<[string, string[], TerminalOptions]>([
  ['--no-color', ['list', '--no-color'], {}],
  ['NO_COLOR', ['list'], { env: { NO_COLOR: '1' } }],
])('%s leaves the colours out', async (_, args, options) => {
  const { stdout } = await call(args, options);
  expect(stdout).not.toMatch(COLOR);
  expect(stdout).toContain('TITLE');
});

it('JSON is the same on a terminal', async () => {
  const said = await call(['list', '--json']);
  expect(said.stdout).not.toMatch(COLOR);
  expect(said.list).toHaveLength(2);
});

it('an empty list says so', async () => {
  expect(await call(['list', '--type', 'bug'])).toMatchObject({
    status: 0,
    stdout: '',
    stderr: 'no items\n',
  });
});

it('an item is shown whole, and wl explain gives its verdict', async () => {
  expect(plain((await call(['show', '0001'])).stdout)).toContain(TITLE);
  expect(plain((await call(['explain', '0001'])).stdout)).toContain('WRK-20260103-0001 is ready for ada:\n');
});

it('wl delete asks, and does it on yes alone', async () => {
  const no = await call(['delete', '0003'], { input: 'n\n' });
  expect(no).toMatchObject({ status: 2, stdout: '' });
  expect(no.stderr).toMatch(
    /^ {2}WRK-20260103-0003 {2}Gone\nRemove the files of these items\? Their history stays\. \[y\/N\] /,
  );
  expect((await call(['delete', '0003'], { input: '' })).status).toBe(2);
  const yes = await call(['delete', '0003'], { input: 'yes\n' });
  expect(yes.stdout).toBe('deleted WRK-20260103-0003; its history stays\n');
});

it('given a ledger that deletes what is completed, wl complete asks first', async () => {
  await call(['config', 'set', 'on_complete', 'delete']);
  const kept = await call(['done', '0002'], { input: 'n\n' });
  expect(kept.stderr).toMatch(
    /^ {2}WRK-20260103-0002 {2}Short\nThis ledger deletes what is completed\. Delete these items\? \[y\/N\] /,
  );
  expect(kept.stderr).toContain('kept among the completed');
  expect((await call(['list', '--status', 'done', '-q'])).stdout).toBe('WRK-20260103-0002\n');
  await call(['done', '0001'], { input: 'y\n' });
  expect((await call(['list', '--status', 'done', '-q'])).stdout).toBe('WRK-20260103-0002\n');
});
