import { describe, expect, it } from 'vitest';
import { beginAt, type Dated, follow, joinTimes, type Timeline } from '../../src/audit/timeline.ts';

const SKEW = 300;

/** A commit of a machine, made at so many seconds; what it records is that, unless it says otherwise. */
function commit([machine, made, recorded = made]: Made, index: number): Dated {
  return { oid: `${index}:${machine}@${made}`, machine, made, recorded, id: undefined, subject: '' };
}
type Made = readonly [machine: string, made: number, recorded?: number];

/** What is wrong of a line of commits: by its own date, or as a later one shows. */
function wrongIn(line: readonly Made[]): string[] {
  let time: Timeline | undefined;
  const wrong: string[] = [];
  for (const one of line.map(commit)) {
    if (time === undefined) {
      time = beginAt(one.recorded);
      continue;
    }
    const found = follow(time, one, SKEW);
    if (found.late !== undefined) wrong.push(one.oid);
    wrong.push(...found.ahead.map(({ oid }) => oid));
    time = found.time;
  }
  return wrong;
}

describe('given commits whose dates agree', () => {
  it.each<[string, Made[]]>([
    [
      'by as much as two clocks may differ',
      [
        ['a', 0],
        ['b', 300],
        ['c', -300],
        ['b', 310],
        ['a', -290],
      ],
    ],
    [
      'after a long pause',
      [
        ['a', 0],
        ['a', 90_000],
        ['b', 90_010],
        ['a', 200_000],
        ['b', 199_400],
      ],
    ],
    [
      'and bring old requests',
      [
        ['a', 0],
        ['b', 500, 500],
        ['c', 510, 510],
      ],
    ],
  ])('%s, then none is wrong', (_what, line) => expect(wrongIn(line)).toEqual([]));
});

describe('given a commit far from those around it', () => {
  it.each<[string, Made[], string[]]>([
    [
      'ahead',
      [
        ['a', 0],
        ['b', 10],
        ['x', 3600],
        ['a', 20],
        ['b', 30],
      ],
      ['2:x@3600'],
    ],
    [
      'ahead in what it records alone',
      [
        ['a', 0],
        ['x', 5, 3600],
        ['a', 20],
      ],
      ['1:x@5'],
    ],
    [
      'ahead, twice',
      [
        ['a', 0],
        ['x', 3600],
        ['a', 20],
        ['x', 3700],
        ['a', 120],
      ],
      ['1:x@3600', '3:x@3700'],
    ],
    [
      'behind',
      [
        ['a', 0],
        ['b', 10],
        ['x', -3600],
        ['a', 20],
      ],
      ['2:x@-3600'],
    ],
    [
      'behind, after a pause that another machine confirmed',
      [
        ['a', 0],
        ['a', 9000],
        ['b', 9010],
        ['x', 5000],
      ],
      ['3:x@5000'],
    ],
    [
      'behind what one machine wrote step by step',
      [
        ['a', 0],
        ['a', 250],
        ['a', 500],
        ['a', 750],
        ['x', 0],
      ],
      ['4:x@0'],
    ],
  ])('%s, then that one alone is wrong', (_what, line, wrong) => expect(wrongIn(line)).toEqual(wrong));

  it('when others went on from it by following its date, then these do not confirm it', () => {
    expect(
      wrongIn([
        ['a', 0],
        ['x', 700],
        ['b', 700, 700],
        ['c', 20],
      ]),
    ).toEqual(['1:x@700']);
  });
});

it('given honest clocks and one that is far off, in any order, then no honest commit is wrong', () => {
  for (const off of [-9000, -4000, 4000, 9000, 40_000]) {
    for (let seed = 0; seed < 200; seed += 1) {
      const machines = [-300, -120, 90, 300];
      const line = Array.from({ length: 30 }, (_, index): Made => {
        const chance = (seed * 7919 + index * 104_729) % 1009;
        const isWrong = index > 3 && chance % 7 === 0;
        const at = index * 40 + (isWrong ? off : (machines[index % 4] ?? 0));
        return [isWrong ? 'x' : `m${index % 4}`, at];
      });
      expect(wrongIn(line).filter((oid) => !oid.includes(':x@'))).toEqual([]);
    }
  }
});

it('given two lines that meet, then both tell what time it was', () => {
  const jump = { ...commit(['x', 5000], 1), until: 5000 };
  const one: Timeline = { reached: 100, leads: [jump] };
  expect(joinTimes([one, { reached: 400, leads: [] }, one])).toEqual({ reached: 400, leads: [jump] });
  expect(joinTimes([])).toBeUndefined();
});
