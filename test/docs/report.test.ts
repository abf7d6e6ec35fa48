import { expect, test } from 'vitest';
import { openTerminal } from '../helpers/typed.ts';
import { blocksOf, expectPrinted } from './console.ts';
import { readProject } from './markdown.ts';

const page = readProject('docs/report.md');

test('given docs/report.md, when its commands are typed, then they print what it says', async () => {
  const terminal = await openTerminal();
  await expectPrinted(page, (script) => terminal.type(script));
  const commands = blocksOf(page, 'sh').join('').trim().split('\n');
  expect(commands).toHaveLength(5);
  for (const command of commands) {
    const typed = command.endsWith('report.html') ? `${command}; cat report.html` : command;
    expect(await terminal.type(typed), command).toMatchObject({ status: 0, stderr: '' });
    expect((await terminal.type(typed)).stdout, command).not.toBe('');
  }
});

test('given docs/report.md, then it tells of each field that a report has', async () => {
  const terminal = await openTerminal();
  await terminal.type('wl init; wl create One --swarm dev; wl claim 1; wl done 1');
  const report = JSON.parse((await terminal.type('wl report --format json')).stdout);
  const names = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, inner]) => [
          ...(/^\d+$/.test(name) ? [] : [name]),
          ...names(inner),
        ]);
  const told = new Set(page.match(/\w+/g));
  expect(names(report).filter((name) => !told.has(name))).toEqual([]);
});
