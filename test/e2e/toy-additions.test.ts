import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let copy: string;
/** As a verb's module names it. */
const DOMAIN = '..';
/** Files of the sources that an addition touches, new ones among them. */
const touched = { verb: new Set<string>(), field: new Set<string>() };

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'toy-'));
  for (const name of ['src', 'package.json', 'tsconfig.json', 'templates'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  addVerb();
  addField();
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function write(
  addition: keyof typeof touched,
  file: string,
  change: (text: string) => string,
  before?: string,
): void {
  touched[addition].add(file);
  const path = join(copy, file);
  const text = before ?? readFileSync(path, 'utf8');
  const after = change(text);
  expect(after, file).not.toBe(text);
  writeFileSync(path, after);
}

const add = (at: string, what: string) => (text: string) => text.replace(at, what + at);

/** A verb that marks an item in progress with a label, and has to say why. */
function addVerb(): void {
  const module = `import type { Fence } from '${DOMAIN}/commands.ts';
import type { WorkId } from '${DOMAIN}/ids.ts';
import { type ChangingVerb, defineVerb } from '${DOMAIN}/verbs/define.ts';

type FlagInput = { id: WorkId; reason: string; label: string } & Fence;

export const flag: ChangingVerb<FlagInput> = defineVerb({
  from: ['in_progress'],
  to: 'same',
  by: 'owner',
  fenced: true,
  reason: 'required',
  line: 'flagged',
  apply: (item, { label }) => ({ ...item, labels: [...item.labels, label].sort() }),
  read: ({ before, after }) => ({ label: after.labels.find((one) => !before?.labels.includes(one)) ?? '' }),
});
`;
  write('verb', 'src/domain/verbs/flag.ts', () => module, '');
  write('verb', 'src/domain/verbs.ts', (text) =>
    add(
      '/**\n * The whole life',
      `import { flag } from './verbs/${'flag'}.ts';\n\n`,
    )(text).replace(/(const LIST = \{\n)/, '$1  flag,\n'),
  );
}

function addField(): void {
  write(
    'field',
    'src/domain/fields.ts',
    add(
      '  execution_id: {',
      `  severity: {
    kind: optional(name),
    settable: 'whole',
    option: { flags: '--severity <name>', create: 'how bad it is', update: 'how bad it is; none for unknown' },
    show: 'severity',
  },
`,
    ),
  );
}

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test('given a toy verb and a toy field, when they are added, then each is what it should be: a module and its line; a row', () => {
  // The third file of a verb is its command.
  expect([...touched.verb]).toEqual(['src/domain/verbs/flag.ts', 'src/domain/verbs.ts']);
  expect([...touched.field]).toEqual(['src/domain/fields.ts']);
});

test('given a toy verb and a toy field, when all sources are compiled, then nothing is missing', () => {
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
  inProgress: none, openByKey: () => undefined, fromSource: none, nextNumber: () => 1, wasUsed: () => false };
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

test('given a toy field, when the program is asked, then create, update, show and export have it', () => {
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
  wl('create', 'One', '--severity', 'bad');
  expect(wl('show', '1')).toMatch(/severity +bad/);
  wl('update', '1', '--severity', 'worse');
  expect(JSON.parse(wl('show', '1', '--json')).data.severity).toBe('worse');
  wl('export', '--to', 'out');
  expect(
    execFileSync('grep', ['-r', '"severity": "worse"', join(repo, 'out')], { encoding: 'utf8' }),
  ).not.toBe('');
  wl('update', '1', '--severity', 'none');
  expect(wl('show', '1')).not.toContain('severity');
  expect(wl('create', '--help')).toContain('--severity <name>');
});
