import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportFailures } from '../../src/cli/failure.ts';
import { initLedger, LedgerError, systemClock } from '../../src/index.ts';
import { indexPath } from '../../src/projection/index-database.ts';
import { createItems } from '../helpers/items.ts';
import { makeBareRepo } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Said, type TerminalOptions, type Workplace, wl } from './workplace.ts';

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.cleanup());

/** A ledger with so many items of 29 November, and as many of the 30th. Those of the first day are cancelled. */
async function twoDays(name: string, each: number) {
  const dir = await makeBareRepo(place.path, name);
  let now = '2026-11-29T10:00:00.000Z';
  const clock = { ...systemClock, now: () => new Date(now) };
  const { ledger } = await initLedger({ dir, actor: 'ada', clock });
  const ended = await createItems(ledger, each, { title: 'Of yesterday' });
  await ledger.work.batch(ended.map((id) => ledger.work.command('cancel', { id })));
  now = '2026-11-30T10:00:00.000Z';
  const open = await createItems(ledger, each, { title: 'Of today' });
  await ledger.close();
  const call = (args: readonly string[], { env, ...options }: TerminalOptions = {}): Promise<Said> =>
    wl(dir, args, { ...options, env: { WL_NOW: now, ...env } });
  const item = async (id: string) => (await call(['show', id, '--json'])).data;
  return { dir, ended, open, call, item };
}

it('given one open item of 30 November, no part of the date stands for it, whatever the verb', async () => {
  const { call, item, open } = await twoDays('alone.git', 1);
  for (const args of [
    ['cancel', '13'],
    ['claim', '1130'],
    ['complete', '20261130'],
    ['block', '113', 'why'],
    ['assign', '2026', 'bob'],
    ['comment', '61', 'x'],
    ['create', 'Part', '--parent', '13'],
    ['create', 'Later', '--depends-on', '13'],
    ['escalate', '13', 'Which?'],
    ['history', '13'],
    ['watch', '--id', '13'],
    ['config', 'explain', 'cancel', '13'],
  ])
    expect(await call(args)).toMatchObject({ status: 3, stdout: '' });
  expect(await item(open[0] ?? '')).toMatchObject({ status: 'pending', rev: 1 });
});

it('given numbers of two days, of which one has ended, verbs that need an open item mean the one that is open', async () => {
  const { call, item, open, ended } = await twoDays('open.git', 9);
  for (const args of [
    ['claim', '1'],
    ['start', '0002'],
    ['cancel', '3'],
    ['block', '4', 'waits'],
    ['assign', '5', 'bob'],
    ['complete', '6'],
    ['checkpoint', '1', '--step', 'half'],
    ['release', '2'],
    ['unblock', '4'],
    ['fail', '1', 'no'],
    ['config', 'explain', 'claim', '7'],
  ])
    expect(await call(args)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/WRK-20261130-000\d/),
    });
  expect((await call(['block', '5', '--on', '7'])).stdout).toBe(`blocked ${open[4]} on ${open[6]}\n`);
  const asked = idIn(await call(['escalate', '8', 'Which?']));
  expect((await call(['answer', asked.slice(-2), 'This.'])).stdout).toContain(`answered ${asked}`);
  await call(['claim', '9']);
  expect((await call(['submit', '9'])).stdout).toContain(`submitted ${open[8]}`);
  expect((await call(['review', 'diff', '9'])).stdout).toContain(open[8]);
  expect((await call(['review', 'approve', '9', '--actor', 'bob'])).stdout).toBe(`approved ${open[8]}\n`);
  for (const id of ended) expect(await item(id)).toMatchObject({ status: 'cancelled', rev: 2 });
});

describe('given number 1 of two days, of which one has ended', () => {
  let ledger: Awaited<ReturnType<typeof twoDays>>;
  beforeAll(async () => {
    ledger = await twoDays('several.git', 1);
  });

  it.each([
    [['show', '1']],
    [['comment', '1', 'x']],
    [['delete', '1', '--yes']],
    [['reopen', '1', '--reason', 'again']],
    [['create', 'Part', '--parent', '1']],
    [['create', 'Later', '--depends-on', '1']],
    [['rejected', 'drop', '1']],
  ])('wl %j is refused and lists both, newest first, with their titles', async (args) => {
    const { call, open, ended } = ledger;
    expect(await call(args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr:
        `wl: 1 fits 2 items.\n  ${open}  pending    Of today\n  ${ended}  cancelled  Of yesterday\n` +
        'hint: Type what one of them alone has: 1130-1, 1129-1\n',
    });
  });

  it('the day before the number tells them apart, and a program is told what there is', async () => {
    const { call, item, open, ended } = ledger;
    expect(await item('1129-1')).toMatchObject({ id: ended[0] });
    expect(await item('20261130-0001')).toMatchObject({ id: open[0] });
    expect((await call(['show', '1', '--json'])).error).toMatchObject({
      code: 'AMBIGUOUS_ID',
      details: { found: 2, candidates: [...open, ...ended] },
    });
  });
});

it('given more that fit than are named, a refusal says how many, and no title acts on the terminal', () => {
  let said = '';
  const write = (text: string): void => {
    said += text;
  };
  const items = [
    { id: 'WRK-20261130-0001', status: 'pending', title: 'One\u001b[2J\nwl: all is well' },
    { id: 'WRK-20261129-0001', status: 'damaged', title: null },
  ];
  const details = { id: '1', found: 25, candidates: [], items };
  reportFailures([new LedgerError('AMBIGUOUS_ID', '1 fits 25 items.', { details })], false, { write });
  expect(said).toBe(
    'wl: 1 fits 25 items.\n  WRK-20261130-0001  pending  One\\u001b[2J\\u000awl: all is well\n' +
      '  WRK-20261129-0001  damaged  (its file cannot be read)\n  and 23 more\n',
  );
});

it('given imported items that have ended, a clone that has not read them yet knows their old ids all the same', async () => {
  const { dir, call, item } = await twoDays('imported.git', 0);
  const file = join(place.path, 'issues.jsonl');
  const issues = [
    { id: 'bd-7', title: 'Ended', status: 'closed' },
    { id: 'bd-71', title: 'Open', status: 'open' },
  ].map((issue) => ({ ...issue, priority: 1, issue_type: 'task', created_at: '2025-01-01T00:00:00Z' }));
  await writeFile(file, `${issues.map((issue) => JSON.stringify(issue)).join('\n')}\n`);
  await call(['import', file, '--from', 'beads']);
  await rm(indexPath(join(dir, 'work-ledger')));
  expect(await call(['cancel', 'bd-7'])).toMatchObject({ status: 6 });
  expect(await item('bd-7')).toMatchObject({ title: 'Ended' });
  expect(await item('bd-71')).toMatchObject({ title: 'Open', status: 'pending' });
});

describe('on a terminal', () => {
  const BOLD = '\u001b[1m';
  const OFF = '\u001b[22m';
  const DIM = '\u001b[2m';
  const terminal = { columns: 100 };
  const one = (id = ''): string =>
    `${DIM}WRK-2026${OFF}${BOLD}${id.slice(8, 13)}${OFF}${DIM}000${OFF}${BOLD}1${OFF}`;
  const alone = `${DIM}WRK-20261130-000${OFF}${BOLD}2${OFF}`;
  let ledger: Awaited<ReturnType<typeof twoDays>>;
  beforeAll(async () => {
    ledger = await twoDays('terminal.git', 1);
    await ledger.call(['create', 'Second', '--depends-on', '1130-1']);
    await ledger.call(['escalate', '1130-1', 'Which?']);
  });

  it.each([[['list', '--all']], [['log']], [['search', 'of']], [['dep', 'tree', '2']], [['escalations']]])(
    'wl %j marks of each id the shortest part that is enough',
    async (args) => {
      const { stdout } = await ledger.call(args, terminal);
      expect(stdout).toContain(one(ledger.open[0]));
      if (args.includes('list') || args.includes('search')) expect(stdout).toContain(one(ledger.ended[0]));
      else expect(stdout).toContain(args[0] === 'escalations' ? alone.replace('2\u001b', '3\u001b') : alone);
    },
  );

  it.each<[string, string[], TerminalOptions]>([
    ['where nothing has colours', ['list', '--no-color'], terminal],
    ['with NO_COLOR', ['list'], { ...terminal, env: { NO_COLOR: '1' } }],
    ['to a pipe', ['list'], {}],
  ])('%s nothing is marked', async (_, args, options) => {
    expect((await ledger.call(args, options)).stdout).toMatch(/^WRK-20261130-0002 {2}pend/m);
  });

  it('what is asked before files are removed names each item in full, and an id that is gone is not marked', async () => {
    const { call, ended } = ledger;
    const said = await call(['delete', '1129-1'], { ...terminal, input: 'y\n' });
    expect(said.stderr).toBe(
      `  ${ended}  Of yesterday\nRemove the files of these items? Their history stays. [y/N] `,
    );
    expect(said.stdout).toBe(`deleted ${ended}; its history stays\n`);
    expect((await call(['log'], terminal)).stdout).toContain(`${BOLD}${ended}${OFF}`);
  });
});
