import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedLines } from '../../src/mcp/bounded-lines.ts';

/** What is let through of a text that comes in pieces. */
async function passed(pieces: readonly string[], most: number): Promise<{ out: string; tooLong: number }> {
  let tooLong = 0;
  const lines = new BoundedLines(most, () => {
    tooLong += 1;
  });
  const out = text(lines);
  for (const piece of pieces) lines.write(piece);
  lines.end();
  return { out: await out, tooLong };
}

test('given lines in any pieces, when they are read, then those that are short enough pass whole, and each other one is told once', async () => {
  const line = fc.string({ minLength: 0, maxLength: 30, unit: fc.constantFrom('a', 'é', '{', ' ') });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 40 })), async (lines, cuts) => {
      const whole = lines.map((one) => `${one}\n`).join('');
      const places = [...new Set(cuts.filter((at) => at < whole.length))].sort((a, b) => a - b);
      const pieces = [0, ...places].map((from, at) => whole.slice(from, places[at] ?? whole.length));
      const short = lines.filter((one) => Buffer.byteLength(one) <= 20);
      expect(await passed(pieces, 20)).toEqual({
        out: short.map((one) => `${one}\n`).join(''),
        tooLong: lines.length - short.length,
      });
    }),
  );
});

test('given a line without an end, when it goes on and on, then it is told at once, and nothing of it passes', async () => {
  expect(await passed(['x'.repeat(21), 'y'.repeat(100)], 20)).toEqual({ out: '', tooLong: 1 });
});
