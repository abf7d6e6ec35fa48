import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TRACE_CHANNELS } from '../../src/index.ts';
import { openSlowTerminal, STILL } from '../helpers/slow-terminal.ts';
import type { Terminal, Typed } from '../helpers/typed.ts';
import { blocksOf, expectPrinted } from './console.ts';
import { readProject, section, table } from './markdown.ts';

// A remote takes three seconds on purpose, and a dozen processes are started from their sources.
vi.setConfig({ testTimeout: 120_000 });

const page = readProject('docs/debugging.md');
/** What a step is at is told anew now and then, how often is a matter of time. */
const GOING_ON = /^trace .*: not over after .*\n/gm;

/** What differs from run to run and from machine to machine, beside ids. */
function settled(text: string, folder = '/srv'): string {
  const seen = new Set<string>();
  return text
    .replaceAll(folder, '/srv')
    .replaceAll(/\d+(\.\d)? ms/g, 'N ms')
    .replaceAll(/^trace +/gm, 'trace ')
    .replaceAll(/process \d+/g, 'process PID')
    .replaceAll(/, \d+ s\)/g, ', N s)')
    .replaceAll(GOING_ON, (line) => (seen.size < seen.add(line).size ? line : ''));
}

/** Starts a sync, and stops it while it has the clone's lock and waits for the remote. @returns what lets it go on */
async function stopInTheMiddle({ repo, dir, env }: Terminal): Promise<() => void> {
  writeFileSync(join(repo.folder, 'delay'), '1');
  rmSync(join(repo.folder, 'called'), { force: true });
  const child = spawn('sh', ['-c', 'exec wl sync'], { cwd: dir, env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  while (!existsSync(join(repo.folder, 'called'))) await wait(20);
  child.kill('SIGSTOP');
  return () => void child.kill('SIGCONT');
}

/** Types what waits for a stopped process, which goes on once that was told. */
async function typeAndGoOn(terminal: Terminal, script: string): Promise<Typed> {
  const goOn = await stopInTheMiddle(terminal);
  const { dir, env } = terminal;
  const child = spawn('sh', ['-c', script], { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  for await (const chunk of child.stdout) {
    stdout += chunk;
    if (stdout.includes('which is stopped')) goOn();
  }
  return { status: child.exitCode ?? 0, stdout, stderr: '' };
}

test('given docs/debugging.md, when its commands are typed, then they print what it says', async () => {
  const terminal = await openSlowTerminal('3');
  const [script = ''] = blocksOf(page, 'js');
  writeFileSync(join(terminal.dir, 'pushes.mjs'), script);
  const type = async (typed: string): Promise<Typed> => {
    const stopped = typed.includes('wl sync --verbose\n');
    const said = stopped
      ? await typeAndGoOn(terminal, typed)
      : await terminal.type(typed, typed.includes('claim') ? STILL : {});
    return { ...said, stdout: settled(said.stdout, terminal.repo.folder) };
  };
  await expectPrinted(settled(page), type);
});

test('given docs/debugging.md, when its table is held against the records, then it has each channel, field and outcome', () => {
  const source = readProject('src/trace/channels.ts');
  const rows = table(section(page, '## For other programs'));
  expect(rows.map(([channel, kind]) => [kind, channel])).toEqual(Object.entries(TRACE_CHANNELS));
  for (const [, kind = '', fields = '', outcomes = ''] of rows) {
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Trace`;
    const [, ends = '', body = ''] =
      new RegExp(`interface ${name}\\s+extends Ended<(.*?)> \\{\\n(.*?)^\\}`, 'ms').exec(source) ?? [];
    const names = [...body.matchAll(/^ {2}(\w+)\??: /gm)].map(([, field]) => field);
    expect(
      names.filter((field) => field !== 'kind'),
      name,
    ).toEqual(fields.replaceAll(/ \(.*?\)/g, '').split(', '));
    expect(
      [...ends.matchAll(/'(\w+)'/g)].map(([, end]) => end),
      name,
    ).toEqual(outcomes.replaceAll(/ \(.*?\)/g, '').split(', '));
  }
});
