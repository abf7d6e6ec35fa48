import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GLOBAL_OPTIONS } from '../../src/cli/command.ts';
import { readWords } from '../../src/cli/grammar.ts';
import { answer, loadCommands } from '../../src/cli/help.ts';
import { INDEX } from '../../src/cli/program.ts';
import { runs } from '../helpers/runs.ts';

const COMMANDS = await loadCommands(INDEX);

/** Calls, and below each what is understood of it: the law of the command line. */
const CASES = readFileSync(join(import.meta.dirname, 'grammar.txt'), 'utf8').match(/^wl.*\n {2}.*\n/gm) ?? [];

/** Words as they stand in the cases: what a space would take apart is in quotes. */
const wordsOf = (line: string): string[] =>
  (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"') ? JSON.parse(word) : word,
  );
const quoted = (word: string): string => (/^$|\s|^"/.test(word) ? JSON.stringify(word) : word);

/** What a call comes to, without running a command. */
async function understand(typed: readonly string[]): Promise<string> {
  const reading = await readWords(typed, INDEX);
  if (reading.kind === 'call') {
    const { command, args, values, globals } = reading;
    const given = Object.entries(globals).filter(([name, value]) => value && name !== 'color');
    const known = Object.fromEntries([...given, ...(globals.color ? [] : [['color', false]])]);
    return [
      `calls ${command.name}`,
      ...(args.length > 0 ? [`with ${args.map(quoted).join(' ')}`] : []),
      ...(Object.keys(values).length > 0 ? [`options ${JSON.stringify(sorted(values))}`] : []),
      ...(Object.keys(known).length > 0 ? [`globals ${JSON.stringify(sorted(known))}`] : []),
    ].join('; ');
  }
  const said = { stdout: '', stderr: '' };
  const writer = (to: 'stdout' | 'stderr') => ({
    write(part: string) {
      said[to] += part;
    },
  });
  const world = { stdout: writer('stdout'), stderr: writer('stderr'), stdin: process.stdin, env: {} };
  const status = await answer(reading, INDEX, [], world);
  const to = said.stdout === '' ? 'stderr' : 'stdout';
  if (reading.kind !== 'mistake') {
    const [first = ''] = reading.kind === 'version' ? ['version'] : said[to].split('\n');
    return `prints on ${to}, status ${status}: ${first}`;
  }
  expect({ status, to }).toEqual({ status: 2, to: 'stderr' });
  const [, message = '', hint = ''] = /^wl: (.*)\nhint: (.*)\n$/.exec(said.stderr) ?? [];
  return `refuses: ${message} ${hint}`;
}

const sorted = (map: object): object =>
  Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));

it.each(CASES.map((one) => one.trimEnd().split('\n  ')))('%s', async (line, expected) => {
  expect(await understand(wordsOf(line ?? '').slice(1))).toBe(expected);
});

it.each(
  COMMANDS.flatMap(({ name, examples }) => examples.map((example) => [example, name] as const)).filter(
    ([example]) => /^wl [^"'@|]*$/.test(example),
  ),
)('given the example `%s`, when it is read, then it calls %s', async (example, name) => {
  expect(await understand(example.split(' ').slice(1))).toMatch(new RegExp(`^calls ${name}(;|$)`));
});

describe('given a call of any command', () => {
  const text = fc.string({ minLength: 1, maxLength: 8 });
  const plain = text.filter((one) => !one.startsWith('-'));
  const call = fc.constantFrom(...COMMANDS).chain((command) => {
    const options = Object.values<{ kind: string; flags: string }>({ ...command.options, ...GLOBAL_OPTIONS });
    return fc.record({
      command: fc.constant(command),
      args: fc.tuple(...(command.args ?? []).map(() => plain)),
      given: fc.uniqueArray(fc.constantFrom(...options), { selector: ({ flags }) => flags, maxLength: 4 }),
      value: text,
      n: fc.nat(1e6),
    });
  });

  it('when its options stand before, among or after its arguments, apart or joined, then it is read the same', async () => {
    await fc.assert(
      fc.asyncProperty(call, async ({ command, args, given, value, n }) => {
        // A word that leads to another command is no argument.
        fc.pre(!INDEX.some(({ name }) => name === `${command.name} ${args[0]}`));
        const options = (joined: boolean): string[] =>
          given.flatMap(({ kind, flags }) => {
            const long = /--[\w-]+/.exec(flags)?.[0] ?? '';
            if (kind === 'flag') return [long];
            const one = kind === 'count' ? `${n}` : value;
            return joined ? [`${long}=${one}`] : [long, one];
          });
        const words = command.name.split(' ');
        const after = await understand([...words, ...args, ...options(false)]);
        expect(after).toMatch(new RegExp(`^calls ${command.name}(;|$)`));
        expect(await understand([...words, ...options(false), ...args])).toBe(after);
        expect(await understand([...words, ...args, ...options(true)])).toBe(after);
        expect(await understand([...words, ...args.slice(0, 1), ...options(true), ...args.slice(1)])).toBe(
          after,
        );
        expect(await understand([...words, ...options(true), '--', ...args])).toBe(after);
      }),
      { numRuns: runs(300) },
    );
  });
});
