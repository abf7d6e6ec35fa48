import * as fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { type Entry, jsonEntries } from '../../src/clients/json-entries.ts';
import { type Piece, wholeFile } from '../../src/clients/piece.ts';
import { textBlock } from '../../src/clients/text-block.ts';

const BOM = '\uFEFF';
const block = textBlock('html', '## Title\n\nText.\n');

const hook = (event: string): Entry => ({
  path: ['hooks', event],
  in: 'list',
  value: { hooks: [{ type: 'command', command: `wl ${event}` }] },
  isOurs: (value) => JSON.stringify(value).includes('"wl '),
});
const server: Entry = {
  path: ['mcpServers', 'work-ledger'],
  in: 'object',
  value: { command: 'wl', args: ['mcp'] },
  isOurs: (value) => JSON.stringify(value).includes('"wl"'),
};
const json = jsonEntries([server, hook('Start'), hook('Stop')], { version: 1 });

/** What has to hold of a piece and a file, whatever is in it. */
function holds(piece: Piece, text: string | undefined): void {
  const put = piece.put(text);
  expect(piece.read(text)).toBe('missing');
  expect(piece.read(put)).toBe('current');
  expect(piece.put(put)).toBe(put);
  expect(piece.take(put)).toBe(text);
}

describe('given a text', () => {
  const lines = fc.array(fc.constantFrom('', '# A', 'text', '  more', '<!-- a comment -->'), {
    maxLength: 5,
  });
  const texts = fc
    .tuple(lines, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean())
    .map(([all, eol, ended, marked]) => `${marked ? BOM : ''}${all.join(eol)}${ended ? eol : ''}`);

  test('when a block is put into it and taken away, then each byte is as it was', () => {
    fc.assert(fc.property(texts, (text) => holds(block, text)));
    holds(block, undefined);
    holds(block, '');
    holds(block, BOM);
  });

  test('when somebody writes before and after the block, then only the block goes', () => {
    fc.assert(
      fc.property(texts, texts, texts, (text, before, after) => {
        expect(block.take(`${before}${block.put(text)}${after}`)).toBe(`${before}${text}${after}`);
      }),
    );
  });

  test('when the block is an earlier one, then it is out of date, and another takes its place', () => {
    const earlier = textBlock('html', 'Earlier.').put('# A\n');
    expect(block.read(earlier)).toBe('stale');
    expect(block.put(earlier)).toBe(block.put('# A\n'));
    expect(block.take(block.put(earlier))).toBe('# A\n');
  });
});

describe('given a file of JSON', () => {
  test.each([
    ['nothing', undefined],
    ['an empty object', '{}'],
    ['an empty object on two lines', '{\n}\n'],
    ['an empty object with a blank', '{ }'],
    ['an object on one line', '{"a":1}'],
    ['blanks on one line', '{ "a": 1 }\n'],
    ['lines', '{\n  "a": 1\n}\n'],
    ['tabs and carriage returns', '{\r\n\t"a": [\r\n\t\t1\r\n\t]\r\n}\r\n'],
    ['no end of the last line', '{\n    "a": 1\n}'],
    ['a byte order mark', `${BOM}{\n  "a": 1\n}\n`],
    ['comments', '// top\n{\n  // one\n  "a": 1, // two\n  /* three */\n  "b": 2,\n}\n// end\n'],
    ['only a comment', '{\n  // nothing yet\n}\n'],
    ['an empty list of hooks', '{\n  "hooks": {\n    "Start": []\n  }\n}\n'],
    ['an empty map of hooks', '{\n  "hooks": {}\n}\n'],
    ['hooks of others', '{"hooks":{"Start":[{"hooks":[{"command":"other"}]}],"Stop":[]}}'],
    [
      'servers of others',
      '{\n  "mcpServers": {\n    "other": {\n      "command": "x"\n    }\n  },\n  "z": 1\n}\n',
    ],
    ['an empty map of servers', '{"mcpServers":{},"hooks":{}}'],
    ['a comment in what is empty', '{"mcpServers": { /* none */ }}'],
  ])(
    'when it has %s and values are put into it and taken away, then each byte is as it was',
    (_what, text) => {
      holds(json, text);
      const before = text === undefined ? { version: 1 } : parse(text.replace(BOM, ''));
      const after = parse(json.put(text).replace(BOM, ''));
      expect(after).toMatchObject(
        before.hooks || before.mcpServers ? { ...before, hooks: {}, mcpServers: {} } : before,
      );
      expect(after.mcpServers['work-ledger']).toEqual(server.value);
      expect(after.hooks.Start[0]).toEqual(hook('Start').value);
    },
  );

  test('when any JSON is written in any way, then that holds, too', () => {
    const values = fc.dictionary(
      fc.constantFrom('a', 'b', 'hooks2', 'mcpServers', 'hooks'),
      fc.dictionary(
        fc.constantFrom('Start', 'x'),
        fc.array(fc.record({ c: fc.integer() }), { maxLength: 2 }),
      ),
    );
    fc.assert(
      fc.property(
        values,
        fc.constantFrom('', '  ', '\t', '    '),
        fc.boolean(),
        fc.boolean(),
        (value, space, crlf, ended) => {
          const text = `${JSON.stringify(value, null, space)}${ended ? '\n' : ''}`;
          holds(json, crlf ? text.replaceAll('\n', '\r\n') : text);
        },
      ),
    );
  });

  test('when somebody adds to it after us, then theirs stays', () => {
    const put = json.put('{\n  "a": 1\n}\n');
    expect(json.take(put.replace('"a": 1', '"a": 2,\n  "b": 3'))).toBe('{\n  "a": 2,\n  "b": 3\n}\n');
    const moved = JSON.stringify({ a: 1, ...JSON.parse(put) });
    expect(json.read(moved)).toBe('current');
    expect(JSON.parse(json.take(moved) ?? '')).toEqual({ a: 1 });
  });

  test('when what is ours is out of date, then it is put anew, once', () => {
    const old = { ...server, value: { command: 'wl', args: ['mcp', '--old'] } };
    const earlier = jsonEntries([old, hook('Start')], { version: 1 });
    const text = earlier.put('{\n  "a": 1\n}\n');
    expect(json.read(text)).toBe('stale');
    expect(json.put(text)).toBe(json.put('{\n  "a": 1\n}\n'));
    expect(parse(json.put(earlier.put(undefined)))).toEqual(parse(json.put(undefined)));
  });

  test.each([
    ['no JSON', '{"a":', /no JSON that can be read/],
    ['nothing in it', '', /no JSON that can be read/],
    ['a list on top', '[]', /no JSON that can be read/],
    [
      'a server of that name that is another',
      '{"mcpServers":{"work-ledger":{"command":"theirs"}}}',
      /set to something else/,
    ],
    ['hooks that are no list', '{"hooks":{"Start":{}}}', /is no list/],
    ['hooks that are no object', '{"hooks":7}', /is no object/],
  ])('when it is or has %s, then nothing is put there, and why is told', (_what, text, why) => {
    expect(() => json.put(text)).toThrow(why);
  });
});

test('given a file that is all ours, when somebody has another of that name, then it is left alone', () => {
  const piece = wholeFile('MARK\ntext\n', 'MARK');
  holds(piece, undefined);
  expect(piece.read('MARK\nearlier\n')).toBe('stale');
  expect(piece.take('MARK\nearlier\n')).toBeUndefined();
  expect(() => piece.put('theirs\n')).toThrow(/did not make/);
  expect(piece.take('theirs\n')).toBe('theirs\n');
});
