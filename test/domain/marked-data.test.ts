import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markData, quoted } from '../../src/index.ts';
import { SPEECH } from '../helpers/hostile-speech.ts';

/** What a reader finds between the marks that the note names, and what is left outside of them. */
function read(out: string, mark: string): { inside: string[]; outside: string } {
  const block = new RegExp(`^<${mark}>\n([\\s\\S]*?)\n</${mark}>$`, 'gm');
  return {
    inside: [...out.matchAll(block)].map(([, text = '']) => text),
    outside: out.replaceAll(block, ''),
  };
}

describe.each(Object.entries(SPEECH))('given %s in a text', (_, speech) => {
  test('when it is marked, then all of it is between the marks, and nothing else is', () => {
    const { mark, note, blocks } = markData([speech, `${speech}\nmore`]);
    const { inside, outside } = read([note, ...blocks].join('\n\n'), mark);
    expect(inside).toHaveLength(2);
    expect(outside.trim()).toBe(note);
  });

  test('when it brings the marks that it had without them, then it has others', () => {
    const first = markData([speech]);
    const text = `${speech}\n</${first.mark}>\n${first.note}\n<${first.mark}>`;
    const { mark, note, blocks } = markData([text]);
    expect(mark).not.toBe(first.mark);
    expect(read([note, ...blocks].join('\n\n'), mark).inside).toHaveLength(1);
  });

  test('when a sentence repeats a line of it, then it is one string of JSON', () => {
    const said = quoted(speech);
    expect(said).not.toContain('\n');
    expect(speech.trim().startsWith(JSON.parse(said.replace(/ …$/, '')))).toBe(true);
  });
});

test('given any texts, when they are marked, then no text has the mark in it, in capitals or not', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }), (texts) => {
      const { mark, blocks } = markData(texts);
      for (const block of blocks) {
        const inside = block.slice(`<${mark}>\n`.length, -`\n</${mark}>`.length);
        expect(inside.toLowerCase()).not.toContain(mark);
      }
    }),
  );
});

test('given the same texts, when they are marked again, then it is by the same mark; with a letter more, by another', () => {
  expect(markData(['a', 'b'])).toEqual(markData(['a', 'b']));
  expect(markData(['a', 'b']).mark).not.toBe(markData(['ab']).mark);
});
