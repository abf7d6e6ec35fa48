import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTrailers } from '../../src/codec/message.ts';
import { runs } from '../helpers/runs.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

let folder: TempFolder;
let gitDir: string;
beforeAll(async () => {
  folder = await makeTempFolder();
  gitDir = await makeBareRepo(folder.path);
});
afterAll(() => folder.cleanup());

type Pair = [key: string, value: string];
const FIELD = '\u0001';
const RECORD = '\u0002';

/** The trailers of ours that git's own parser shows of each message: two processes for all of them. */
function asGitShows(messages: readonly string[]): Pair[][] {
  const git = (args: readonly string[], input: string): string =>
    execFileSync('git', args, { cwd: gitDir, env: isolatedEnv(), input }).toString();
  const who = 'ada <a@example.invalid> 1767438000 +0000';
  const commits = messages.map(
    (message) => `commit refs/heads/said\ncommitter ${who}\ndata ${Buffer.byteLength(message)}\n${message}\n`,
  );
  git(['fast-import', '--quiet', '--force'], `${commits.join('')}\n`);
  const trailers = `%(trailers:separator=${'%x02'},key_value_separator=${'%x01'})`;
  const shown = git(['log', '--reverse', '-z', `--format=${trailers}`, `-${messages.length}`, 'said'], '');
  const found = shown.split('\0').slice(0, messages.length);
  expect(found).toHaveLength(messages.length);
  return found.map((text) =>
    text.split(RECORD).flatMap((line): Pair[] => {
      const [key = '', ...value] = line.split(FIELD);
      return /^work-/i.test(key) && value.length > 0 ? [[key, value.join(FIELD)]] : [];
    }),
  );
}

const key = fc.constantFrom(
  'Work-Actor',
  'Work-Verb',
  'Work-At',
  'work-actor',
  'WORK-Verb',
  'Work-',
  'Work-X9',
  'work-Über',
  'Workaday',
);
const colon = fc.constantFrom(':', ': ', ' : ', '\t:', ':  ', ' ', '=', '', ': \u2028');
const value = fc.oneof(
  fc.constantFrom(
    'ada',
    'lea',
    '',
    ' ',
    'a  b',
    'ada\r',
    'ada\r\r',
    'ada\u2028',
    'ada ',
    '\u00a0ada',
    'x\u0085',
    'ada: lea',
    'a\ufeff',
  ),
  fc
    .string({ unit: 'grapheme', maxLength: 8 })
    .map((text) => [...text].filter((char) => char >= ' ').join('')),
);
const trailer = fc.tuple(key, colon, value).map((parts) => parts.join(''));
const canonical = fc.constantFrom('Work-Actor: ada', 'Work-Verb: claim', 'Work-At: now', 'Work-Actor: lea');
const other = fc.constantFrom(
  '',
  '  lea',
  '\tlea',
  ' \t',
  '\r',
  '# said',
  '---',
  'words',
  'Signed-off-by: Bob',
  '(cherry picked from commit 1)',
  ' Work-Actor: lea',
  'Conflicts:',
  '# ------------------------ >8 ------------------------',
);
const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n');
const block = (line: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 6 }).map((lines) => lines.flat().join(''));
const anything = block(fc.oneof(trailer, canonical, other)).map((text) => `subject\n\n${text}`);
const ours = block(fc.oneof({ weight: 3, arbitrary: canonical }, trailer)).map(
  (text) => `subject\n\ntitle\n\n${text}`,
);
const some = (message: fc.Arbitrary<string>) => fc.array(message, { minLength: 40, maxLength: 40 });

describe('given messages with lines that are trailers, or nearly', () => {
  test('when git shows a trailer of ours, then it is read here with that value, or the message is refused', () => {
    fc.assert(
      fc.property(some(anything), (messages) => {
        const shown = asGitShows(messages);
        for (const [index, message] of messages.entries()) {
          const { values, repeated, misread } = readTrailers(message);
          if (repeated.length + misread.length > 0) continue;
          for (const [key, value] of shown[index] ?? []) expect([key, values.get(key)]).toEqual([key, value]);
        }
      }),
      { numRuns: runs(200) },
    );
  });

  test('when all that stands below is read here, then git shows all of it, and no more', () => {
    fc.assert(
      fc.property(some(ours), (messages) => {
        const shown = asGitShows(messages);
        for (const [index, message] of messages.entries()) {
          const { values, repeated, misread } = readTrailers(message);
          const lines = message.trimEnd().split('\n').slice(4);
          if (repeated.length + misread.length > 0 || values.size < lines.length) continue;
          expect(shown[index]).toEqual([...values]);
        }
      }),
      { numRuns: runs(200) },
    );
  });
});
