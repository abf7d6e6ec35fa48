import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { loadCommands } from '../../src/cli/help.ts';
import { INDEX } from '../../src/cli/program.ts';
import { WORK_PRIORITIES, WORK_STATUSES, WORK_TYPES } from '../../src/index.ts';
import { wl } from './workplace.ts';

const COMMANDS = await loadCommands(INDEX);

const help = (...args: string[]) => wl(tmpdir(), [...args, '--help']);

it.each(COMMANDS.map(({ name }) => name))('wl %s --help has a usage and two examples', async (name) => {
  const { status, stdout, stderr } = await help(...name.split(' '));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(new RegExp(`^Usage: wl ${name.replace(' ', '[^ ]* ')}`));
  const examples = stdout.split('Examples:\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
  expect(examples).toHaveLength(2);
  for (const example of examples) expect(example).toContain(`wl `);
});

it.each(
  COMMANDS.flatMap(({ name, alias, examples }) => examples.map((example) => [example, name, alias] as const)),
)('the example `%s` calls its own command', (example, name, alias) => {
  expect(new RegExp(`\\bwl (?:${name}${alias === undefined ? '' : `|${alias}`})\\b`).test(example)).toBe(
    true,
  );
});

it.each(['create', 'list'])('wl %s --help names every value of the domain', async (name) => {
  const words = (await help(name)).stdout.replaceAll(/\s+/g, ' ');
  for (const value of name === 'create' ? WORK_TYPES : WORK_STATUSES) expect(words).toContain(value);
  for (const value of WORK_PRIORITIES) expect(words).toContain(value);
});

it('wl alone, and wl --help, list every command on standard output', async () => {
  const { status, stdout } = await wl(tmpdir(), []);
  expect(status).toBe(0);
  for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`\\b${name.split(' ').at(-1)}\\b`));
  expect((await help()).stdout).toBe(stdout);
});

it.each([
  { args: ['lst'], says: /^wl: Unknown command 'lst'\.\nhint: Did you mean one of list, ls\?\n$/ },
  { args: ['list', '--jsn'], says: /^wl: Unknown option '--jsn'\.\nhint: See: wl list --help\n$/ },
  { args: ['show'], says: /^wl: Missing required argument 'ids'\.\nhint: See: wl show --help\n$/ },
  { args: ['show', '--evil'], says: /Unknown option '--evil'/ },
  { args: ['next', '--ttl', '1x'], says: /It must be a whole number, zero or more\.\n/ },
  { args: ['dep', 'ad', '1', '2'], says: /Unknown command 'ad'\.\nhint: Did you mean add\?/ },
  { args: ['rejected', 'aply'], says: /^wl: Too many arguments/ },
])('given a call that cannot be read, wl $args exits with 2 and says why', async ({ args, says }) => {
  const { status, stdout, stderr } = await wl(tmpdir(), args);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(says);
});

it('given --json, a usage error is JSON too', async () => {
  const said = await wl(tmpdir(), ['create', '--json']);
  expect(said.status).toBe(2);
  expect(said.stdout).toBe('');
  expect(said.error).toMatchObject({
    code: 'INVALID_INPUT',
    hint: 'See: wl create --help',
    retryable: false,
  });
});

it('wl help sync is wl sync --help', async () => {
  const said = await wl(tmpdir(), ['help', 'sync']);
  expect(said).toMatchObject({ status: 0, stderr: '', stdout: (await help('sync')).stdout });
});

it('wl dep alone prints its help and exits with 2', async () => {
  const { status, stdout, stderr } = await wl(tmpdir(), ['dep']);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: wl dep');
});

it.each([
  [
    ['rejected', 'apply'],
    `Usage: wl rejected apply [options] <op>

try a rejected transition again

Arguments:
  op          the name of a rejected transition, the end of
              it from eight characters on, or its item

Options:
  -h, --help  print this

Examples:
  wl rejected apply 0f7e4f8e2b11
  wl rejected apply WRK-20260103-0001

Also: --json, --actor NAME, --offline, -C DIR, -q, --verbose, --no-color (see: wl --help)
`,
  ],
  [
    ['dep'],
    `Usage: wl dep [options] [command]

what an item has to wait for

Options:
  -h, --help                  print this

Work items:
  add <id> <dependencies...>  let an item wait for others
  rm <id> <dependencies...>   let an item wait for others no longer
  tree <id>                   show what an item waits for, and what that waits for
`,
  ],
])(
  'given a terminal of 60 columns, wl %j --help wraps what is longer, unless there is too little room',
  async (args, expected) => {
    expect((await wl(tmpdir(), [...args, '--help'], { columns: 60 })).stdout).toBe(expected);
  },
);
