import fc from 'fast-check';
import { expect, it } from 'vitest';
import { INDEX, loadCommands } from '../../src/cli/commands.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/globals.ts';
import { readCall } from '../../src/cli/parser.ts';
import { type ReadCall, readPlainCall } from '../../src/cli/plain-call.ts';
import { runs } from '../helpers/runs.ts';

const COMMANDS = await loadCommands();
const silent = { write: () => undefined };
const world = { stdout: silent, stderr: silent, stdin: process.stdin, env: {} };

/** Values that were not given are as good as left out. */
const told = ({ command, args, values, globals }: ReadCall): unknown => ({
  name: command.name,
  args,
  values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  globals,
});

/** The law: what is read as a plain call, the whole parser reads in the same way. */
async function expectAgreement(argv: readonly string[]): Promise<boolean> {
  const plain = await readPlainCall(argv, INDEX);
  if (plain === undefined) return false;
  const whole = await readCall(argv, world);
  expect(typeof whole === 'number' ? whole : told(whole), argv.join(' ')).toEqual(told(plain));
  return true;
}

const ODD = [
  '',
  '-',
  '--',
  '-1',
  '--x',
  '-x',
  'a',
  'b c',
  '5',
  '05',
  '1x',
  '=',
  'a=b',
  '--json=1',
  '--limit=',
  '-qn',
  '-n5',
  '-Cx',
];
const value = fc.oneof(fc.constantFrom(...ODD), fc.string({ maxLength: 4 }), fc.nat().map(String));
const words = COMMANDS.flatMap(({ name, alias }) => [name, ...(alias === undefined ? [] : [alias])]);

/** Words as someone could type them for a command: its own options and those of all commands, whole or broken. */
const call = fc.constantFrom(...COMMANDS).chain((command) => {
  const specs = [...Object.values(command.options), ...Object.values(GLOBAL_OPTIONS)];
  const flags = specs.flatMap((spec) => spec.flags.split(/[ ,]+/).filter((part) => part.startsWith('-')));
  const option = fc.tuple(fc.constantFrom(...flags), value, fc.constantFrom('apart', 'joined', 'alone'));
  const part = fc.oneof(
    {
      weight: 3,
      arbitrary: option.map(([flag, given, how]) =>
        how === 'alone' ? [flag] : how === 'joined' ? [`${flag}=${given}`] : [flag, given],
      ),
    },
    { weight: 2, arbitrary: value.map((one) => [one]) },
    { weight: 1, arbitrary: fc.constantFrom(...words).map((word) => word.split(' ')) },
  );
  const parts = fc.array(part, { maxLength: 4 }).map((list) => list.flat());
  const called = fc.constantFrom(command.name, command.alias ?? command.name).map((name) => name.split(' '));
  return fc
    .tuple(fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, parts), called, parts)
    .map((all) => all.flat());
});

it('given any words, when they are read as a plain call, then the whole parser reads the same', async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(call, async (argv) => {
      if (await expectAgreement(argv)) plain += 1;
    }),
    { numRuns: runs(1_000) },
  );
  expect(plain).toBeGreaterThan(0);
});

it.each(COMMANDS.flatMap(({ examples }) => examples).filter((example) => /^wl [^"@|]*$/.test(example)))(
  'given the example `%s`, when it is read, then it is a plain call',
  async (example) => {
    expect(await expectAgreement(example.split(' ').slice(1))).toBe(true);
  },
);

it.each([
  ['-C', 'there', '--json', 'ready', '--swarm', 'dev', '-n', '5'],
  [
    'list',
    '--status',
    'pending,blocked',
    '--status=done',
    '--label',
    'a',
    '--label',
    'b',
    '-q',
    '--no-color',
  ],
  ['--actor', 'list', 'show', '1', '--actor=bob'],
  ['new', 'A', 'title', '--priority', 'high'],
])('given a call such as wl %s, when it is read, then it is a plain one', async (...argv) => {
  expect(await expectAgreement(argv)).toBe(true);
});

it.each([
  [['ready', '--help']],
  [['--version']],
  [['lst']],
  [['list', '--jsn']],
  [['show']],
  [['next', '--ttl', '1x']],
  [['dep', 'ad', '1', '2']],
  [['rejected', 'aply']],
  [['show', '--', '-1']],
  [['--limit', '5', 'list']],
  [['help', 'list']],
  [[]],
])('given %j, when it is read, then it is left to the whole parser', async (argv) => {
  expect(await readPlainCall(argv, INDEX)).toBeUndefined();
});
