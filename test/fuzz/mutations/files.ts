import type { Chance } from '../../simulation/chance.ts';
import { latin } from '../draft.ts';
import { anyOf, inLine, insert, inText, type Mutation } from './bent.ts';

const ANY = /./;
const append = (text: string) => (file: string) => file + text;
const prepend = (text: string) => (file: string) => text + file;
const bendValue = (bend: (value: string) => string) => (text: string, chance: Chance) =>
  inLine(text, chance, /^ *[\w"].*: ./, (line) =>
    line.replace(/: (.*)$/, (_, value: string) => `: ${bend(value)}`),
  );

const DEEP = 120;
const HUGE = 300_000;

/** What is bent of a file: an item, the settings, or one beside them. */
export const FILES: Readonly<Record<string, Mutation>> = {
  'a line missing': inText((text, chance) => inLine(text, chance, ANY, () => [])),
  'a line twice': inText((text, chance) => inLine(text, chance, ANY, (line) => [line, line])),
  'lines in another order': inText((text, chance) => {
    const lines = text.split('\n');
    const [a, b] = [chance.below(lines.length - 1), chance.below(lines.length - 1)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('\n');
  }),
  'a comment': inText(append('# by hand\n'), prepend('# by hand\n'), (text, chance) =>
    inLine(text, chance, ANY, (line) => `${line} # x`),
  ),
  'an alias': inText(
    append('later: &a [1]\nlatest: *a\n'),
    (text, chance) => inLine(text, chance, /: ./, (line) => line.replace(': ', ': &a ')),
    append(`x: &a [${'1,'.repeat(9)}1]\ny: &b [*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b]\nw: [*c,*c,*c,*c]\n`),
  ),
  'a tag': inText(
    bendValue((value) => `!!str ${value}`),
    bendValue((value) => `!local ${value}`),
    append('later: !!binary aGVsbG8=\n'),
    append('later: !!set {a, b}\n'),
    append('%TAG ! x\n'),
  ),
  'another key': inText(
    append('later: 1\n'),
    append('__proto__: {a: 1}\n'),
    append('constructor: x\n'),
    append('"": 1\n'),
    append('10: x\n2: y\n'),
    append('? [a, b]\n: c\n'),
    append('<<: {title: x}\n'),
    append('Title: x\n'),
    append(`${latin('titl\u0435')}: x\n`),
    append('history: []\n'),
    (text, chance) => inLine(text, chance, /^ {2}\w+: /, (line) => [line, '  later: 1']),
    (text, chance) => inLine(text, chance, /^ {2}\w+: /, (line) => [line, '  __proto__: 1']),
  ),
  'deep nesting': inText(
    append(`later: ${'['.repeat(DEEP)}${']'.repeat(DEEP)}\n`),
    append(`later: ${'{a: '.repeat(DEEP)}1${'}'.repeat(DEEP)}\n`),
    append(`context: ${'['.repeat(20_000)}\n`),
    append(`later:\n${Array.from({ length: DEEP }, (_, at) => `${' '.repeat(at * 2 + 2)}a:`).join('\n')}\n`),
    append(`later:\n${Array.from({ length: DEEP }, (_, at) => `${' '.repeat(at * 2 + 2)}-`).join('\n')} x\n`),
    append(`later: ${'- '.repeat(2_000)}x\n`),
  ),
  'much of something': inText(
    append(`later: "${'x'.repeat(HUGE)}"\n`),
    append(`later: |\n${'  x\n'.repeat(HUGE / 10)}`),
    append(`later:\n${'  - a: 1\n'.repeat(HUGE / 30)}`),
    append(Array.from({ length: 9_000 }, (_, at) => `k${at}: 1\n`).join('')),
    append(`"${'k'.repeat(3_000)}": 1\n`),
    append(`later: "${'\\u0041'.repeat(HUGE / 6)}"\n`),
    append(`later: [${'1,'.repeat(HUGE / 4)}1]\n`),
    (text) => text.repeat(50),
    append(`later: ${'"a" '.repeat(9_000)}\n`),
    append(`later: >-\n${'  x\n\n'.repeat(HUGE / 20)}`),
  ),
  'no text of Unicode': inText((text, chance) =>
    insert(text, chance, anyOf(chance, ['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xe2\x82', '\xf4\x90\x80\x80'])),
  ),
  'an odd character': inText((text, chance) =>
    insert(
      text,
      chance,
      anyOf(chance, [
        '\0',
        '\r',
        '\t',
        '\x1b',
        '\x7f',
        ...['\ufeff', '\u2028', '\u0085', '\u200b', '\u202e', '\ufffe', '\u3164'].map(latin),
      ]),
    ),
  ),
  'a mark of the order of bytes': inText(prepend('\xef\xbb\xbf'), prepend('\xff\xfe')),
  'other line ends': inText(
    (text) => text.replaceAll('\n', '\r\n'),
    (text) => text.replaceAll('\n', '\r'),
    (text) => text.trimEnd(),
    append('\n'),
    append('\n\n\n'),
    (text, chance) => inLine(text, chance, ANY, (line) => `${line} `),
    (text, chance) => inLine(text, chance, ANY, (line) => ['', line]),
  ),
  'another form of YAML': inText(
    prepend('---\n'),
    append('...\n'),
    append('---\nx: 1\n'),
    prepend('%YAML 1.1\n---\n'),
    bendValue((value) => `'${value}'`),
    bendValue((value) => `"${value}"`),
    bendValue((value) => ` ${value}`),
    (text) => text.replaceAll(/^ {2}/gm, '    '),
    (text) => text.replaceAll(/^ {2}- /gm, '- '),
    (text) => text.replaceAll(/^ {2}/gm, '\t'),
    () => '{}\n',
    () => '[]\n',
    () => 'just text\n',
    () => '',
    () => '\n',
    (text) => `{${text.replaceAll('\n', ', ')}}\n`,
    (text) => JSON.stringify({ text }),
  ),
  'another value': inText((text, chance) =>
    bendValue(() =>
      anyOf(chance, [
        '1',
        '0',
        '-1',
        '1.5',
        '1e3',
        '0x10',
        '0o7',
        '1_000',
        '.inf',
        '.nan',
        '-0',
        '9007199254740993',
        'true',
        'yes',
        'null',
        '~',
        '',
        '""',
        '[]',
        '{}',
        '2026-01-03',
        '"2026-01-03T10:00:00.000Z"',
        '"2026-02-30T10:00:00.000Z"',
        'mallory',
        'completed',
        'WRK-20260103-0001',
        'WRK-20260103-9999',
        '|',
        '>',
        '@x',
        '`x`',
        '"\\ud800"',
        '"\\u0000"',
        '<x>',
      ]),
    )(text, chance),
  ),
  'a conflict': inText((text, chance) =>
    inLine(text, chance, ANY, (line) => ['<<<<<<< ours', line, '=======', line, '>>>>>>> theirs']),
  ),
  'a byte': inText((text, chance) => {
    const at = chance.below(Math.max(1, text.length));
    return text.slice(0, at) + String.fromCharCode(chance.below(256)) + text.slice(at + 1);
  }),
  'half of it': inText((text, chance) => text.slice(0, chance.below(text.length + 1))),
};
