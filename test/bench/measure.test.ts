import process from 'node:process';
import { expect, it } from 'vitest';
import { measure, measureInterleaved, type Subject } from '../../bench/measure.ts';

const node = (code: string): string[] => [process.execPath, '-e', code];

it('given a command that works, when it is measured, then both times are told', async () => {
  const { cpu, wall } = await measure(node('0'), '.');
  expect(cpu).toBeGreaterThan(0);
  expect(wall).toBeGreaterThan(0);
});

it('given a command that fails, when it is measured, then it is an error with what the command said', async () => {
  await expect(measure(node("console.error('no such item'); process.exit(3)"), '.')).rejects.toThrow(
    /ended with 3: no such item/,
  );
});

it('given several subjects, when they are measured, then they take turns, each made ready before its run', async () => {
  const calls: string[] = [];
  const subject = (what: string): Subject => ({
    what,
    cwd: '.',
    before: async (run) => {
      calls.push(`before ${what}${run}`);
    },
    command: (run) => {
      calls.push(`${what}${run}`);
      return ['true'];
    },
  });
  await measureInterleaved([subject('a'), subject('b')], 2);
  expect(calls).toEqual(['before a0', 'a0', 'before b0', 'b0', 'before a1', 'a1', 'before b1', 'b1']);
});
