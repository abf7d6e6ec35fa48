import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ReportInput, reportOn } from '../../src/audit/report/report.ts';
import { htmlReport } from '../../src/cli/formats/report-html.ts';
import { tablesOf } from '../../src/cli/formats/report-tables.ts';
import type { WorkStatus } from '../../src/domain/item.ts';
import type { HistoryEntry } from '../../src/projection/history-entry.ts';
import { loadsOf } from '../helpers/loads.ts';
import { isolatedEnv, makeTempFolder, makeWorkRepo } from '../helpers/temp-repo.ts';

const entry = (
  at: string,
  id: string,
  verb: string,
  actor: string,
  [from, to]: [WorkStatus | null, WorkStatus | null],
): HistoryEntry => ({
  ...{ commit: 'c', id, verb, actor, at, committed_at: at, machine: 'm', from, to, rev: 1 },
  ...{ reason: null, epoch: null, execution_id: null, op: null, merged_by: null, merged_at: null },
});

/** An item that an agent created, took and completed. */
const lifeOf = (agent: string, id: string): HistoryEntry[] => [
  entry('2026-01-03T10:00:00.000Z', id, 'create', agent, [null, 'pending']),
  entry('2026-01-03T11:00:00.000Z', id, 'claim', agent, ['pending', 'in_progress']),
  entry('2026-01-03T12:00:00.000Z', id, 'complete', agent, ['in_progress', 'completed']),
];
/** The names of tags and of what they have. */
const attributesOf = (page: string): string[] =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/>[^<]*</g, '><')
    .replaceAll(/="[^"]*"/g, '=')
    .match(/<[^>]*>/g)
    ?.toSorted() ?? [];
const measured = (names: readonly string[], rest: Partial<ReportInput> = {}) =>
  reportOn({
    entries: names.flatMap((name, n) => lifeOf(name, `W${n}`)),
    swarms: new Map(names.map((name, n) => [`W${n}`, name])),
    ...{ lostRaces: [], since: null, until: '2026-01-05T00:00:00.000Z' },
    ...rest,
  });
const pageOf = async (names: readonly string[], rest?: Partial<ReportInput>): Promise<string> =>
  (await htmlReport(measured(names, rest))).join('\n');

describe('given a report as a page', () => {
  it('then it is one file that asks nothing of anyone, and runs nothing', async () => {
    const page = await pageOf(['ada', 'bob']);
    expect(page).not.toMatch(/<(?:script|link|img|iframe|object|embed|image|use|foreignObject|base|form)\b/i);
    expect(page).not.toMatch(/\s(?:src|href|srcset|on\w+|style)=/i);
    expect(page.replaceAll(/ xmlns(?::xlink)?="[^"]*"/g, '')).not.toMatch(/https?:|url\(|@import/i);
  });

  it('then its policy allows the one style that it has, by its hash, and nothing else', async () => {
    const page = await pageOf(['ada']);
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`);
    expect(page.match(/<style/g)).toHaveLength(1);
  });

  it('then each chart is told in words, and each number of it stands in a table', async () => {
    const page = await pageOf(['ada', 'bob']);
    expect(page.match(/<svg /g)).toHaveLength(5);
    expect(page.match(/<div role="img" aria-label="Bar chart\. [^"]+"/g)).toHaveLength(5);
    const { title, ...tables } = tablesOf(measured(['ada', 'bob']));
    expect(page).toContain(`<h1>${title}</h1>`);
    for (const { rows } of Object.values(tables)) {
      for (const row of rows) {
        const [first, ...rest] = row.map((value) => `${value ?? '–'}`);
        const cells = rest.map((value) => `<td>${value}</td>`).join('');
        expect(page).toContain(`<tr><th scope="row">${first}</th>${cells}</tr>`);
      }
    }
  });

  it('then it is the same page every time', async () => {
    const names = ['ada', 'bob', 'cy'];
    expect(await pageOf(names)).toBe(await pageOf(names));
  });

  it('then it has colors for light, for dark and for paper', async () => {
    const page = await pageOf(['ada']);
    expect(page).toMatch(/@media screen and \(prefers-color-scheme: dark\)/);
    expect(page).toMatch(/@media print/);
    expect(page.match(/fill="#[0-9a-f]+"/gi) ?? []).toEqual([]);
  });

  it.each([
    ['markup', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['the end of an attribute', `" onload="x' onload='y`, '&quot; onload=&quot;x&#39; onload=&#39;y'],
    ['the end of a title', '</title></style></svg><b>', '&lt;/title&gt;&lt;/style&gt;&lt;/svg&gt;&lt;b&gt;'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['characters that reorder', 'a\u202egnp.exe\u2066', 'a\\u202egnp.exe\\u2066'],
    ['control characters', 'a\u0000\u001b[2J\u0085', 'a\\u0000\\u001b[2J\\u0085'],
    ['a comment', '--><!-- ]]>', '--&gt;&lt;!-- ]]&gt;'],
  ])('whose names hold %s, then it is shown as text', async (_what, name, shown) => {
    const page = await pageOf([name, 'ada']);
    expect(page).toContain(`<th scope="row">${shown}</th>`);
    expect(attributesOf(page)).toEqual(attributesOf(await pageOf(['x', 'ada'])));
  });

  it('whose names are very long, then charts cut them and tables do not', async () => {
    const long = 'n'.repeat(5000);
    const page = await pageOf([long, `${long}m`]);
    expect(page).toContain(`>${'n'.repeat(27)}…</text>`);
    expect(page).toContain(`<th scope="row">${long}</th>`);
    expect(page).toContain(`<th scope="row">${long}m</th>`);
  });

  it('with more names than a chart can hold, then it says how many are in the table only', async () => {
    const names = Array.from({ length: 23 }, (_, n) => `agent-${n}`);
    const page = await pageOf(names);
    expect(page).toContain('3 more are in the table only');
    for (const name of names) expect(page).toContain(`<th scope="row">${name}</th>`);
  });

  it('of a period in which nothing was done, then it has no charts, and says so in its tables', async () => {
    const page = await pageOf(['ada'], { entries: [] });
    expect(page).not.toContain('<svg');
    expect(page.match(/<p>none<\/p>/g)).toHaveLength(3);
    expect(page).toContain('<tr><th scope="row">completed</th><td>0</td></tr>');
  });
});

describe('given the library that draws', () => {
  const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
  it.each([
    ['html', true],
    ['md', false],
    ['csv', false],
    ['json', false],
  ])('when a report is made as %s, then that it is loaded is %s', async (format, expected) => {
    const folder = await makeTempFolder();
    const repo = await makeWorkRepo(folder.path);
    const env = { ...isolatedEnv(), WL_ACTOR: 'ada' };
    const call = (...args: string[]) => loadsOf([main, ...args], { cwd: repo, env });
    await call('init');
    const { loads, stdout } = await call('report', '--format', format);
    expect(stdout).not.toBe('');
    expect(loads.some((name) => /^(?:vega|d3)/.test(name))).toBe(expected);
    await folder.cleanup();
  });
});
