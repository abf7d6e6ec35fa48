import { describe, expect, test } from 'vitest';
import { decodeLines, demultiplex, encodeLine, FLUSH } from '../../src/isomorphic/pkt-line.ts';

const band = (channel: number, text: string): Buffer => encodeLine(`${String.fromCharCode(channel)}${text}`);
const answer = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from(FLUSH)]);

describe('packet lines', () => {
  test('given lines and flushes, when they are decoded, then they come back', () => {
    const bytes = answer(encodeLine('one\n'), Buffer.from(FLUSH), encodeLine('zwei ü'));
    expect([...decodeLines(bytes)].map((line) => line?.toString())).toEqual([
      'one\n',
      undefined,
      'zwei ü',
      undefined,
    ]);
  });

  test('given an answer on side bands, when it is taken apart, then each channel is by itself', () => {
    const taken = demultiplex(
      answer(encodeLine('NAK\n'), band(1, 'pack '), band(2, 'counting\r'), band(1, 'data')),
    );
    expect({ ...taken, payload: taken.payload.toString() }).toEqual({
      plain: ['NAK'],
      payload: 'pack data',
      said: 'counting\r',
    });
  });

  test.each([
    ['inside a line', (whole: Buffer) => whole.subarray(0, 12)],
    ['before its end', (whole: Buffer) => whole.subarray(0, -FLUSH.length)],
    ['before it began', () => Buffer.alloc(0)],
  ])('given an answer that breaks off %s, when it is taken apart, then it is no answer', (_, cut) => {
    expect(() => demultiplex(cut(answer(band(1, 'pack'), band(1, 'data'))))).toThrow('ends early');
  });

  test('given an answer that reports a failure, when it is taken apart, then the failure is thrown', () => {
    expect(() => demultiplex(answer(band(3, 'out of memory\n')))).toThrow('out of memory');
    expect(() => demultiplex(answer(encodeLine('ERR upload-pack: not our ref\n')))).toThrow('not our ref');
  });
});
