import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let dir: string;
beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('here');
  await wl(dir, ['init']);
});
afterAll(() => place.cleanup());

it.each(['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '=1,2'])(
  'given the name %s, when a report is written for spreadsheets, then none takes it for a formula',
  async (actor) => {
    expect(await wl(dir, ['create', 'One', '--actor', actor])).toMatchObject({ status: 0 });
    const { stdout } = await wl(dir, ['report', '--format', 'csv']);
    const cells = stdout.split('\n').flatMap((line) => line.match(/(?<=^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? []);
    expect(cells.filter((cell) => cell.replaceAll('"', '').startsWith(`'${actor[0]}`))).not.toEqual([]);
    expect(cells.filter((cell) => /^"?[=+@\t\r]|^"?-(?!\d)/.test(cell))).toEqual([]);
  },
);
