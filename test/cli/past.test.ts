import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isolateThisProcess, runGit } from '../helpers/temp-repo.ts';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

// A ledger without a remote that lives through three days; every question is asked of it.
let place: Workplace;
let dir: string;
const at = (day: number, hour = 10): string => `2026-01-0${day}T${hour}:00:00.000Z`;
const here = (args: readonly string[], now = at(5), actor = 'ada'): Promise<Said> =>
  wl(dir, args, { env: { WL_NOW: now, WL_ACTOR: actor } });

const LIFE: [now: string, actor: string, args: string[]][] = [
  [at(1), 'ada', ['init', '--prefix', 'OPS']],
  [at(1), 'bob', ['create', 'One', '--swarm', 'dev', '--label', 'api']],
  [at(1, 11), 'ada', ['create', 'Two']],
  [at(2), 'bob', ['claim', '0001']],
  [at(2, 11), 'bob', ['update', '0001', '--priority', 'high', '--add-label', 'db']],
  [at(3), 'bob', ['done', '0001']],
  [at(3, 11), 'ada', ['cancel', '0002', '--reason', 'not needed']],
  [at(3, 12), 'ada', ['delete', '0002', '--yes']],
];
const TWO = 'OPS-20260101-0002';

beforeAll(async () => {
  isolateThisProcess();
  place = await makeWorkplace();
  dir = place.remote;
  for (const [now, actor, args] of LIFE) {
    expect(await here(args, now, actor), args.join(' ')).toMatchObject({ status: 0 });
  }
});
afterAll(() => place.cleanup());

const verbs = (said: Said): unknown[] => said.list.map(({ verb }) => verb);

describe('wl log', () => {
  it.each([
    [
      ['--actor', 'bob'],
      ['complete', 'update', 'claim', 'create'],
    ],
    [
      ['--item', '0001'],
      ['complete', 'update', 'claim', 'create'],
    ],
    [
      ['--item', TWO],
      ['delete', 'cancel', 'create'],
    ],
    [
      ['--verb', 'create,init'],
      ['create', 'create', 'init'],
    ],
    [
      ['--swarm', 'dev'],
      ['complete', 'update', 'claim', 'create'],
    ],
    [['--swarm', 'none'], []],
    [
      ['--since', '2026-01-03'],
      ['delete', 'cancel', 'complete'],
    ],
    [
      ['--until', '2026-01-01'],
      ['create', 'create', 'init'],
    ],
    [
      ['--until', '2026-01-01T10:30Z'],
      ['create', 'init'],
    ],
    [
      ['--actor', 'bob', '--since', '2026-01-02', '-n', '2'],
      ['complete', 'update'],
    ],
    [
      ['-n', '0'],
      ['delete', 'cancel', 'complete', 'update', 'claim', 'create', 'create', 'init'],
    ],
  ])('given %j, then only what matches is shown, newest first', async (args, expected) => {
    expect(verbs(await here(['log', ...args, '--json']))).toEqual(expected);
  });

  it('refuses what is no verb and no time', async () => {
    expect(await here(['log', '--verb', 'claims'])).toMatchObject({ status: 2 });
    expect(await here(['log', '--since', 'yesterday'])).toMatchObject({ status: 2 });
  });

  it('--long tells who, what, when, where, in which commit, from what to what, and why', async () => {
    const { stdout } = await here(['log', '--long', '--verb', 'cancel']);
    expect(stdout).toMatch(
      new RegExp(
        `^ada · cancel · ${TWO}
    asked for  2026-01-03T11:00:00Z
    committed  2026-01-03T11:00:00Z on test@example.invalid
    commit     [0-9a-f]{40}
    status     pending -> cancelled
    revision   2
    why        not needed\n$`,
      ),
    );
  });
});

describe('wl history', () => {
  it('can be narrowed as the log can, oldest first, also of an item that is gone', async () => {
    expect(verbs(await here(['history', '0001', '--verb', 'claim,complete', '--json']))).toEqual([
      'claim',
      'complete',
    ]);
    expect(verbs(await here(['history', TWO, '-n', '2', '--json']))).toEqual(['cancel', 'delete']);
    expect(await here(['history', '0009'])).toMatchObject({ status: 3 });
  });
});

describe('--as-of', () => {
  const titles = (said: Said): unknown[] => said.list.map(({ title }) => title);

  it('given a date, then reads are of the last commit that was made by then', async () => {
    expect(titles(await here(['list', '--as-of', '2026-01-02', '--json']))).toEqual(['One', 'Two']);
    expect(titles(await here(['list', '--as-of', '2026-01-01T10:30Z', '--json']))).toEqual(['One']);
    expect(titles(await here(['list', '--json']))).toEqual([]);
    expect(titles(await here(['ready', '--as-of', '2026-01-01', '--json']))).toEqual(['One', 'Two']);
    expect(titles(await here(['search', 'two', '--as-of', '2026-01-02', '--json']))).toEqual(['Two']);
  });

  it('given a commit, in full or shortened, then the item is shown as it was, with the history that it had', async () => {
    const [claim] = (await here(['log', '--verb', 'claim', '--json'])).list;
    const commit = String(claim?.commit);
    for (const typed of [commit, commit.slice(0, 10)]) {
      const said = await here(['show', '0001', '--as-of', typed, '--json']);
      expect(said.envelope.as_of?.tip).toBe(commit);
      expect(said.data).toMatchObject({ status: 'in_progress', owner: 'bob', priority: 'medium', rev: 2 });
      expect(said.data.history).toHaveLength(2);
    }
    expect(verbs(await here(['log', '--as-of', commit, '--json']))).toEqual([
      'claim',
      'create',
      'create',
      'init',
    ]);
  });

  it('says where a file of that time cannot be read', async () => {
    const blob = await runGit(dir, ['rev-parse', 'work-ledger~1:ledger.yaml']);
    const path = 'active/2026-01/x99/OPS-20260101-0099.yaml';
    const env = { GIT_INDEX_FILE: `${dir}/damage-index` };
    await runGit(dir, ['read-tree', 'work-ledger'], env);
    await runGit(dir, ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], env);
    const broken = await runGit(dir, ['write-tree'], env);
    const tip = await runGit(dir, ['rev-parse', 'work-ledger']);
    const damaged = await runGit(dir, ['commit-tree', broken, '-p', tip, '-m', 'by hand']);
    const mended = await runGit(dir, ['commit-tree', `${tip}^{tree}`, '-p', damaged, '-m', 'mended']);
    await runGit(dir, ['update-ref', 'refs/heads/work-ledger', mended]);
    const said = await here(['list', '--as-of', damaged]);
    expect(said.stderr).toContain(`1 damaged file is left out; see: wl list --damaged --as-of ${damaged}`);
    expect((await here(['list', '--damaged', '--as-of', damaged])).stdout).toContain(path);
    expect((await here(['list'])).stderr).toBe('');
    await runGit(dir, ['update-ref', 'refs/heads/work-ledger', tip]);
  });

  it('leaves the index of the present tip as it is', async () => {
    for (const args of [['search', 'one'], ['log']]) await here(args);
    const before = (await here(['index', '--status', '--json'])).data;
    await here(['search', 'two', '--as-of', '2026-01-02']);
    expect((await here(['index', '--status', '--json'])).data).toEqual(before);
  });

  it('refuses a time before the ledger, a commit that is not of its branch, and what is neither', async () => {
    expect((await here(['list', '--as-of', '2025-12-31', '--json'])).error.code).toBe('NOT_FOUND');
    const tree = await runGit(dir, ['rev-parse', 'work-ledger^{tree}']);
    const foreign = await runGit(dir, ['commit-tree', tree, '-m', 'elsewhere']);
    expect((await here(['list', '--as-of', foreign, '--json'])).error.code).toBe('NOT_FOUND');
    expect((await here(['list', '--as-of', 'HEAD~1', '--json'])).error.code).toBe('INVALID_INPUT');
  });
});

describe('wl diff', () => {
  const changes = async (...args: string[]): Promise<unknown> =>
    (await here(['diff', ...args, '--json'])).data.changes;

  it('without revisions shows what was done last, and with one what that did', async () => {
    expect(await changes('0001')).toContainEqual({
      field: 'status',
      before: 'in_progress',
      after: 'completed',
    });
    expect(await changes('0001', '3')).toEqual([
      { field: 'priority', before: 'medium', after: 'high' },
      { field: 'labels', before: ['api'], after: ['api', 'db'] },
    ]);
    expect(await changes('0001', '1')).toContainEqual({ field: 'title', before: null, after: 'One' });
  });

  it('takes numbers and commits, from before the item was there to its end', async () => {
    const [claim, update] = (await here(['history', '0001', '--verb', 'claim,update', '--json'])).list;
    const range = `${String(claim?.commit).slice(0, 8)}..${String(update?.commit)}`;
    expect(await changes('0001', range)).toEqual(await changes('0001', '2..3'));
    expect(await changes('0001', '1..2')).toContainEqual({ field: 'claim.epoch', before: null, after: 1 });
    expect(await changes('0001', '0..1')).toEqual(await changes('0001', '1'));
    expect(await changes('0001', '3..')).toEqual(await changes('0001', '4'));
    expect(await changes('0001', '2..2')).toEqual([]);
  });

  it('shows an item that was deleted, by its whole id', async () => {
    expect(await changes(TWO)).toContainEqual({ field: 'status', before: 'cancelled', after: null });
  });

  it('prints who and when, and a line for each field', async () => {
    const { stdout } = await here(['diff', '0001', '3']);
    expect(stdout).toMatch(
      /^OPS-20260101-0001\nfrom rev 2 {2}[0-9a-f]{10} {2}2026-01-02T10:00:00Z {2}claim {2}bob\nto {3}rev 3 {2}.* update {2}bob\npriority: medium -> high\nlabels:\n {4}\+ db\n$/,
    );
  });

  it('refuses revisions that are none', async () => {
    for (const [revisions, code] of [
      ['9', 'NOT_FOUND'],
      ['0', 'INVALID_INPUT'],
      ['1..2..3', 'INVALID_INPUT'],
      ['HEAD', 'INVALID_INPUT'],
      ['abcdef0..', 'NOT_FOUND'],
    ]) {
      expect((await here(['diff', '0001', String(revisions), '--json'])).error.code).toBe(code);
    }
    expect((await here(['diff', '0009', '--json'])).error.code).toBe('NOT_FOUND');
  });
});

describe('wl blame', () => {
  it('names the transition that gave each field its value', async () => {
    const fields = Object.fromEntries(
      (await here(['blame', '0001', '--json'])).list.map(({ field, value, by }) => [
        field,
        [value, (by as { verb: string }).verb, (by as { actor: string }).actor],
      ]),
    );
    expect(fields).toMatchObject({
      title: ['One', 'create', 'bob'],
      priority: ['high', 'update', 'bob'],
      labels: [['api', 'db'], 'update', 'bob'],
      'claim.epoch': [1, 'claim', 'bob'],
      status: ['completed', 'complete', 'bob'],
    });
    expect(fields).not.toHaveProperty('rev');
  });

  it('can be asked about the past, and prints a line for each field', async () => {
    const { stdout } = await here(['blame', '0001', '--as-of', '2026-01-01']);
    expect(stdout).toMatch(/^[0-9a-f]{10} {2}2026-01-01T10:00:00Z {2}bob {2}create {2}title +One$/m);
    expect(stdout).not.toContain('claim');
  });
});

describe('wl report', () => {
  it('is a page, or rows, or JSON, of the period that was asked for', async () => {
    const page = (await here(['report', '--since', '2026-01-02', '--until', '2026-01-03'])).stdout;
    expect(page).toMatch(/^# Work from 2026-01-02T00:00:00Z to 2026-01-03T23:59:59Z\n/);
    expect(page).toMatch(/^\| completed \| 1 \|$/m);
    expect(page).toMatch(/^\| bob \| 0 \| 1 \| 1 \|.* 24 h, 24 h \|$/m);
    const rows = (await here(['report', '--format', 'csv'])).stdout.split('\n');
    expect(rows).toContain('all,,cancelled,1');
    expect(rows).toContain('swarm,dev,lead_median_s,172800');
    expect(rows).toContain('day,2026-01-03,completed,1');
    const json = await here(['report', '--format', 'json']);
    expect(JSON.parse(json.stdout)).toEqual((await here(['report', '--json'])).data);
    expect(await here(['report', '--format', 'pdf'])).toMatchObject({ status: 2 });
  });
});
