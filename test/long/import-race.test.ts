import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace, wl } from '../cli/workplace.ts';
import { WlProcess } from '../helpers/wl-process.ts';

const ITEMS = 300;
const KILLS = 6;
const DAY = '2026-01-01T00:00:00Z';

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.cleanup());

/** Issues that depend on others before and after them in the file, and are parts of others. */
function issues(run: number): string {
  const name = (n: number): string => `r${run}-${n % ITEMS}`;
  const lines = Array.from({ length: ITEMS }, (_, n) =>
    JSON.stringify({
      id: name(n),
      title: `${name(n)} itself`,
      status: n % 3 === 0 ? 'closed' : 'open',
      created_at: DAY,
      updated_at: DAY,
      dependencies: [
        { issue_id: name(n), depends_on_id: name(n + 7), type: 'related' },
        ...(n % 5 === 0 ? [] : [{ issue_id: name(n), depends_on_id: name(n - 1), type: 'blocks' }]),
        ...(n < 10 ? [] : [{ issue_id: name(n), depends_on_id: name(n % 10), type: 'parent-child' }]),
      ],
    }),
  );
  return `${lines.join('\n')}\n`;
}

interface Told {
  ids: Record<string, string>;
  present: Record<string, string>;
}
interface Item {
  id: string;
  title: string;
  parent_id?: string;
  dependencies: string[];
  links: { target: string }[];
}

it('given two processes that import one file, when one is killed anywhere and redone, then each source stands once, and what was told is true', async () => {
  const [a, b] = [await place.clone('a'), await place.clone('b')];
  for (const dir of [a, b]) await wl(dir, ['init']);
  const seed = Date.now() % 1_000_000;
  console.log(`import race: seed ${seed}`);
  for (let run = 0; run < KILLS; run += 1) {
    const file = join(place.path, `run-${run}.jsonl`);
    await writeFile(file, issues(run));
    const args = ['import', file, '--from', 'beads', '--json'];
    const [first, second] = [new WlProcess(a, args), new WlProcess(b, args)];
    // Spread over all that an import goes through, as far as the machine is as fast as it seems.
    const after = 300 + ((seed * 7919 + run * 104_729) % (ITEMS * 8));
    await new Promise((resolve) => setTimeout(resolve, after));
    second.child.kill('SIGKILL');
    await second.ended;
    // Where the dead one had committed, its clone has it pending; it is redone in one of the two.
    const redone = new WlProcess(run % 2 === 0 ? b : a, args);
    const told = await Promise.all(
      [first, redone].map(async (process) => {
        expect([await process.ended, process.stderr]).toEqual([0, '']);
        return (process.json<{ data: Told }>()[0] as { data: Told }).data;
      }),
    );
    await expectWhole([a, b], run, told);
  }
  const verifying = new WlProcess(a, ['verify', '--full']);
  expect([await verifying.ended, verifying.stderr]).toEqual([0, '']);
}, 600_000);

async function expectWhole(clones: readonly string[], run: number, told: readonly Told[]): Promise<void> {
  const name = (n: number): string => `r${run}-${n % ITEMS}`;
  for (const dir of clones) {
    expect((await wl(dir, ['sync'])).status).toBe(0);
    const items = (await wl(dir, ['list', '--all', '--limit', '0', '--json'])).list as unknown as Item[];
    const names = new Map(items.map(({ id, title }) => [id, title.replace(' itself', '')]));
    expect(new Set(names.values()).size).toBe(items.length);
    expect(items).toHaveLength((run + 1) * ITEMS);
    const byName = new Map(items.map((item) => [names.get(item.id) ?? '', item]));
    for (let n = 0; n < ITEMS; n += 1) {
      const item = byName.get(name(n));
      expect(item?.links.map(({ target }) => names.get(target))).toEqual([name(n + 7)]);
      expect(item?.dependencies.map((id) => names.get(id))).toEqual(n % 5 === 0 ? [] : [name(n - 1)]);
      expect(names.get(item?.parent_id ?? '')).toBe(n < 10 ? undefined : name(n % 10));
    }
    for (const { ids, present } of told) {
      const all = Object.entries({ ...ids, ...present });
      expect(all).toHaveLength(ITEMS);
      expect(all.filter(([source_id, id]) => names.get(id) !== source_id)).toEqual([]);
    }
  }
}
