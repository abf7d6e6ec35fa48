import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADDITIONS, applied } from '../../bench/structure/additions.ts';
import { readSources } from '../../bench/structure/sources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'toy-'));
  for (const name of ['src', 'package.json', 'tsconfig.json', 'templates'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const addition of ADDITIONS)
    for (const [file, text] of applied(addition, readSources(copy))) writeFileSync(join(copy, file), text);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('given one addition of each kind, when all sources are compiled, then nothing is missing', () => {
  node(
    join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc'),
    '-p',
    'src',
    '--noEmit',
  );
});

test('given a toy verb, when it is decided, recorded and read back, then deciding it again gives the same', () => {
  const told = node(
    '--input-type=module',
    '-e',
    `
import { decide } from './src/${'domain'}/decide.ts';
import { readCommand } from './src/${'domain'}/commands.ts';
import { TRANSITIONS } from './src/${'domain'}/verbs.ts';
import { Overlay } from './src/${'domain'}/view.ts';
import { decodeItem, encodeItem } from './src/${'codec'}/item.ts';
import { decodeMessage, encodeMessage } from './src/${'codec'}/message.ts';
import { checkSettings } from './src/${'domain'}/settings.ts';

const op = (n) => '019b8200-0000-7000-8000-' + String(n).padStart(12, '0');
const settings = checkSettings({ schema: 1, ledger_id: op(0) });
const none = () => [];
const base = { settings, find: () => undefined, statusOf: () => undefined, openChildrenOf: none, blockedOn: none, openDependentsOf: none,
  inProgress: none, usedKey: () => undefined, fromSource: none, nextNumber: () => 1, wasUsed: () => false };
const view = new Overlay(base);
const who = (n) => ({ op: op(n), actor: 'ada', at: '2026-01-03T11:00:00.000Z' });
const id = 'WRK-20260103-0001';
for (const command of [
  { ...who(1), verb: 'create', fields: { title: 'One', severity: 'bad' } },
  { ...who(2), verb: 'claim', id, execution_id: 'a' },
]) view.set(id, decide(view, command).after);
const made = decide(view, { ...who(3), verb: 'flag', id, label: 'odd', reason: 'a smell' });
const { event } = decodeMessage(encodeMessage(made.event));
const { item } = decodeItem(encodeItem(made.after), id, 'active');
const again = decide(view, readCommand(event, made.before, item));
let refused = '';
try { decide(view, { ...who(4), verb: 'flag', id, label: 'odd', reason: ' ' }); } catch (error) { refused = error.message; }
console.log(JSON.stringify({ row: TRANSITIONS.flag, event, after: made.after, same: JSON.stringify(again.after) === JSON.stringify(made.after), refused }));
`,
  );
  expect(JSON.parse(told)).toMatchObject({
    row: { from: ['in_progress'], to: 'same', by: 'owner' },
    event: { verb: 'flag', epoch: 1, execution_id: 'a', reason: 'a smell' },
    after: { labels: ['odd'], severity: 'bad' },
    same: true,
    refused: 'flag needs a reason.',
  });
});

/** The program of the copy, in a ledger of its own. */
function begin(): (...args: string[]) => string {
  const repo = mkdtempSync(join(copy, 'repo-'));
  execFileSync('git', ['init', '-q', repo]);
  const env = { ...process.env, WL_ACTOR: 'ada', WL_NOW: '2026-01-03T11:00:00.000Z', NO_COLOR: '1' };
  const wl = (...args: string[]): string =>
    execFileSync(process.execPath, [join(copy, 'src/cli/main.ts'), ...args], {
      cwd: repo,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  wl('init');
  return wl;
}

const failureOf = (call: () => unknown): { status?: number; stderr?: string } => {
  try {
    call();
    return {};
  } catch (error) {
    return error as { status?: number; stderr?: string };
  }
};

test('given a toy field, when the program is asked, then create, update, show and export have it', () => {
  const wl = begin();
  wl('create', 'One', '--severity', 'bad', '--watcher', 'ada', '--watcher', 'bob', '--extent', '{"sites":2}');
  expect(wl('show', '1')).toMatch(/watchers +ada, bob/);
  expect(JSON.parse(wl('show', '1', '--json')).data).toMatchObject({
    watchers: ['ada', 'bob'],
    extent: { sites: 2 },
  });
  expect(wl('show', '1')).toMatch(/severity +bad/);
  wl('update', '1', '--severity', 'worse');
  expect(JSON.parse(wl('show', '1', '--json')).data.severity).toBe('worse');
  const out = mkdtempSync(join(copy, 'out-'));
  wl('export', '--to', join(out, 'all'));
  expect(execFileSync('grep', ['-r', '"severity": "worse"', out], { encoding: 'utf8' })).not.toBe('');
  wl('update', '1', '--severity', 'none');
  expect(wl('show', '1')).not.toContain('severity');
  expect(wl('create', '--help')).toContain('--severity <name>');
});

test('given a toy verb, when its command is run, then the item, its history, a question of policy and the audit know it', () => {
  const wl = begin();
  wl('create', 'One');
  expect(failureOf(() => wl('flag', '1', '--label', 'odd', '--reason', 'early')).status).toBe(6);
  wl('claim', '1');
  expect(wl('flag', '1', '--label', 'odd', '--reason', 'a smell')).toContain('flagged WRK-20260103-0001');
  expect(JSON.parse(wl('show', '1', '--json')).data).toMatchObject({
    labels: ['odd'],
    status: 'in_progress',
  });
  expect(wl('history', '1')).toMatch(/flag/);
  expect(JSON.parse(wl('config', 'explain', 'flag', '1', '--json')).data).toMatchObject({ allowed: true });
  expect(wl('flag', '--help')).toContain('--label <label>');
  expect(wl('verify')).toContain('ok');
});

test('given a toy filter and a toy format of the report, when they are asked for, then each answers, and help has it', () => {
  const wl = begin();
  wl('create', 'One');
  wl('create', 'Two');
  wl('claim', '2');
  expect(JSON.parse(wl('list', '--tried', '1', '--json')).data).toMatchObject([{ title: 'Two' }]);
  expect(wl('list', '--help')).toContain('--tried <n>');
  expect(wl('report', '--format', 'tsv')).toMatch(/^since\tuntil\n/);
  expect(wl('report', '--help')).toContain('tsv');
});

test('given a toy tracker, when its file is imported, then each of its records is an item, and help has it', () => {
  const wl = begin();
  const file = join(copy, 'todo.txt');
  writeFileSync(file, 'One\nTwo\n');
  expect(wl('import', file, '--from', 'todo')).toContain('imported 2 of 2 records');
  expect(JSON.parse(wl('list', '--json')).data).toMatchObject([{ title: 'One' }, { title: 'Two' }]);
  expect(wl('import', '--help')).toContain('todo (a title a line)');
});

test('given a toy review host and a toy setting, when they are named, then the program knows them', () => {
  const wl = begin();
  wl('config', 'set', 'oddness', '3');
  expect(wl('config', 'get', 'oddness')).toContain('3');
  expect(wl('init', '--help')).toContain('toy');
});
