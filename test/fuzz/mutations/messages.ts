import type { Chance } from '../../simulation/chance.ts';
import { latin } from '../draft.ts';
import { anyOf, inLine, inMessage, insert, type Mutation } from './bent.ts';

const TRAILER = /^Work-[A-Za-z]+:/;
const ODD = [
  '\u200b',
  '\u2028',
  '\u2029',
  '\u0085',
  '\ufeff',
  '\u202e',
  '\u00a0',
  '\u3164',
  '\u{e0041}',
  '\u0000',
  '\u000b',
  '\u000c',
  '\r',
  '\r\r',
  '\t',
].map(latin);

const KEYS = [
  'Item',
  'Verb',
  'Status',
  'Rev',
  'Actor',
  'Op',
  'Epoch',
  'Execution',
  'At',
  'Reason',
  'Expects',
  'Key',
  'Group',
  'Commit',
  'Findings',
  'Rejected',
  'Foo',
];
const VALUES = [
  'WRK-20260103-0001',
  'WRK-20260103-0009',
  'complete',
  'delete',
  'configure',
  'init',
  'ada',
  'mallory',
  'pending -> completed',
  '1',
  '2',
  '0',
  '-1',
  '01',
  '2026-01-03T10:00:00.000Z',
  '2026-02-30T10:00:00.000Z',
  '019b8361-6880-7a52-9d0c-0f7e4f8e2b11',
  '',
  ' ',
  'x'.repeat(2_000),
];
const trailer = (chance: Chance): string => `Work-${anyOf(chance, KEYS)}: ${anyOf(chance, VALUES)}`;

const bendKey =
  (bend: (key: string) => string) =>
  (message: string, chance: Chance): string =>
    inLine(message, chance, TRAILER, (line) => line.replace(/^[^:]+/, bend));
const bendTrailer =
  (bend: (line: string) => string | string[]) =>
  (message: string, chance: Chance): string =>
    inLine(message, chance, TRAILER, bend);

/** What is bent of a commit's message. */
export const MESSAGES: Readonly<Record<string, Mutation>> = {
  'a trailer missing': inMessage(bendTrailer(() => [])),
  'a trailer twice': inMessage(bendTrailer((line) => [line, line])),
  'a trailer of another value': inMessage((message, chance) =>
    inLine(message, chance, TRAILER, (line) => line.replace(/: .*/, `: ${anyOf(chance, VALUES)}`)),
  ),
  'a trailer more': inMessage((message, chance) =>
    inLine(message, chance, /./, (line) =>
      chance.happens(0.5) ? [line, trailer(chance)] : [trailer(chance), line],
    ),
  ),
  'a trailer in another case': inMessage(
    bendKey((key) => key.toLowerCase()),
    bendKey((key) => key.toUpperCase()),
    (message, chance) =>
      `${message}${anyOf(chance, ['work-item', 'WORK-ACTOR', 'work-Verb'])}: ${anyOf(chance, VALUES)}\n`,
  ),
  'a key with something at its end': inMessage((message, chance) => {
    const odd = anyOf(chance, [' ', '\t', '  ', latin('\u00a0'), latin('\u200b'), '=', '_']);
    const line = `Work-${anyOf(chance, KEYS)}${odd}: ${anyOf(chance, VALUES)}`;
    return chance.happens(0.5) ? `${message}${line}\n` : bendKey((key) => key + odd)(message, chance);
  }),
  'another separator': inMessage(
    bendTrailer((line) => line.replace(': ', ':')),
    bendTrailer((line) => line.replace(': ', ':  ')),
    bendTrailer((line) => line.replace(': ', ':\t')),
    bendTrailer((line) => line.replace(': ', ' = ')),
    bendTrailer((line) => line.replace(': ', ' : ')),
  ),
  'a trailer that goes on': inMessage(
    bendTrailer((line) => [line, ' and on']),
    bendTrailer((line) => [line, '\tand on']),
    bendTrailer((line) => [line.replace(/: .*/, ':'), line.replace(/.*?: /, ' ')]),
  ),
  'trailers in another order': inMessage((message) => {
    const lines = message.split('\n');
    const first = lines.findIndex((line) => TRAILER.test(line));
    return [...lines.slice(0, first), ...lines.slice(first, -1).reverse(), ''].join('\n');
  }),
  'a paragraph below': inMessage(
    (message, chance) =>
      `${message}\n${anyOf(chance, ['Signed-off-by: ada <ada@example.org>', '(cherry picked from commit 1234)', 'Co-authored-by: x <x@y>', 'words', trailer(chance), 'Change-Id: I1', `x\n${trailer(chance)}`, `> ${trailer(chance)}`])}\n`,
  ),
  'a paragraph between': inMessage((message, chance) =>
    message.replace(
      '\n\n',
      `\n\n${anyOf(chance, ['words', trailer(chance), `words\n${trailer(chance)}`, '---', '--- a/x', '-- >8 --', '# ------------------------ >8 ------------------------', '#'])}\n\n`,
    ),
  ),
  'where git ends a message': inMessage((message, chance) =>
    inLine(message, chance, /./, (line) => [
      anyOf(chance, [
        '---',
        '--- x',
        '---\t',
        '# ------------------------ >8 ------------------------',
        'diff --git a/x b/x',
      ]),
      line,
    ]),
  ),
  'another first line': inMessage(
    (message) => message.replace(/^.*/, 'Merge branch work-ledger'),
    (message) => message.replace(/^.*/, (line) => `${line} (#12)`),
    (message) => message.replace(/^\w+/, 'comment'),
    (message) => `\n\n${message}`,
    (message) => `fixup! ${message}`,
    (message) => message.replace('\n', '\n\n\n'),
    (message) => message.replace('\n\n', '\n'),
  ),
  'another title': inMessage((message) => message.replace(/\n\n.*/, '\n\nAnother title')),
  'other line ends': inMessage(
    (message) => message.replaceAll('\n', '\r\n'),
    (message) => message.replaceAll('\n', '\r'),
    (message) => message.replaceAll('\n', '\r\r\n'),
    bendTrailer((line) => `${line}\r`),
    bendTrailer((line) => `${line}\r\r`),
    bendTrailer((line) => `${line} `),
    (message) => message.trimEnd(),
    (message) => `${message}\n\n`,
  ),
  'an odd character': inMessage((message, chance) => insert(message, chance, anyOf(chance, ODD))),
  'an odd character in a trailer': inMessage((message, chance) =>
    inLine(message, chance, TRAILER, (line) => insert(line, chance, anyOf(chance, ODD))),
  ),
  'a trailer behind an odd line end': inMessage((message, chance) =>
    inLine(message, chance, /./, (line) => `${line}${anyOf(chance, ODD)}${trailer(chance)}`),
  ),
  'no text of Unicode': inMessage((message, chance) =>
    insert(message, chance, anyOf(chance, ['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xe2\x82'])),
  ),
  'a long message': inMessage(
    (message) => `${message}\n${'x '.repeat(60_000)}\n`,
    (message) => `${message}${'Work-Foo: x\n'.repeat(9_000)}`,
    (message) => `${'\n'.repeat(50_000)}${message}`,
    (message) => `${message}${'a: b\n c\n'.repeat(9_000)}`,
  ),
  'no message at all': inMessage(() => ''),
};
