import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, isLedgerError, LedgerError } from '../../src/domain/errors.ts';
import {
  idDate,
  isIdPrefix,
  isOfflineId,
  isOp,
  isWorkId,
  numberedId,
  parseId,
} from '../../src/domain/ids.ts';
import { byUrgency, isTerminal, WORK_STATUSES, type WorkItem } from '../../src/domain/item.ts';
import { escapeUnsafe, isSafeLine, normalizeText, toSafeLine } from '../../src/domain/text.ts';
import { id, text } from '../helpers/arbitraries.ts';
import { FakeView, refusal, time } from '../helpers/fake-view.ts';
import { runs } from '../helpers/runs.ts';

describe('ids', () => {
  test.each(['WRK-20260103-0001', 'AB-20260103-k3m9x2ab', 'LONGNAME-00000000-0123456789abcdef'])(
    'given %s, when asked, then it is an id',
    (good) => {
      expect(isWorkId(good)).toBe(true);
    },
  );

  test.each([
    'W-20260103-0001',
    'TOOLONGXX-20260103-0001',
    'wrk-20260103-0001',
    'WRK-2026013-0001',
    'WRK-20260103-001',
    'WRK-20260103-0123456789abcdefg',
    'WRK-20260103-ABCD',
    'WRK-20260103-0001\n',
    ' WRK-20260103-0001',
    'WRK-20260103-00/1',
    'WRK-20260103-0001.yaml',
  ])('given %j, when asked, then it is no id', (bad) => {
    expect(isWorkId(bad)).toBe(false);
    expect(refusal(() => parseId(bad))).toMatchObject({ code: 'INVALID_INPUT', details: { id: bad } });
  });

  test('given a numbered and an offline id, when read, then only the one has a number', () => {
    expect(parseId('WRK-20260103-0042')).toEqual({
      prefix: 'WRK',
      date: '20260103',
      suffix: '0042',
      number: 42,
    });
    expect(parseId('WRK-20260103-k3m9x2ab').number).toBeUndefined();
    expect([isOfflineId('WRK-20260103-0042'), isOfflineId('WRK-20260103-0000000a')]).toEqual([false, true]);
  });

  test('given any numbered id, when its parts are put together, then it is that id', () => {
    fc.assert(
      fc.property(id, (some) => {
        const { prefix, date, suffix, number } = parseId(some);
        expect(number === undefined ? `${prefix}-${date}-${suffix}` : numberedId(prefix, date, number)).toBe(
          some,
        );
      }),
    );
  });

  test('given a time, a prefix and an op, when read, then only what is one counts', () => {
    expect(idDate(time())).toBe('20260103');
    expect(['WRK', 'AB', 'W', 'wrk', 'W1', 'TOOLONGXX'].map(isIdPrefix)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(isOp('019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11')).toBe(true);
    expect(isOp('019b81f3-6c1e-4a52-9d0c-0f7e4f8e2b11')).toBe(false);
    expect(isOp('019b81f3-6c1e-7a52-1d0c-0f7e4f8e2b11')).toBe(false);
  });
});

describe('text', () => {
  test('given any text, when made a safe line, then it is one, short enough, and stays as it is when made one again', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 30 }), (some, max) => {
        const line = toSafeLine(some, max);
        expect(isSafeLine(line)).toBe(true);
        expect([...line].length).toBeLessThanOrEqual(max);
        expect(toSafeLine(line, max)).toBe(line);
      }),
      { numRuns: runs(500) },
    );
  });

  test('given any text, when escaped, then nothing in it acts on a terminal', () => {
    fc.assert(
      fc.property(text, (some) => {
        expect(isSafeLine(escapeUnsafe(some))).toBe(true);
        expect(isSafeLine(escapeUnsafe(some, true).replaceAll(/[\n\t]/g, ''))).toBe(true);
      }),
      { numRuns: runs(500) },
    );
    expect(escapeUnsafe('a\u001b[2J\n\u202e\u2028é🚀')).toBe('a\\u001b[2J\\u000a\\u202e\\u2028é🚀');
    expect(escapeUnsafe('a\n\tb\r', true)).toBe('a\n\tb\\u000d');
  });

  test('given line ends of any system and half characters, when normalized, then they are ours and whole', () => {
    expect(normalizeText('a\r\nb\rc\n\ud800')).toBe('a\nb\nc\n\ufffd');
    expect(toSafeLine('  a \r\n\t b\u0007 ', 99)).toBe('a   b');
    expect(toSafeLine('🚀🚀🚀', 2)).toBe('🚀…');
  });
});

describe('items', () => {
  test('given statuses, when asked, then three are ends', () => {
    expect(WORK_STATUSES.filter(isTerminal)).toEqual(['completed', 'failed', 'cancelled']);
  });

  test('given items, when sorted, then the most urgent comes first, then the oldest, then by id', () => {
    const view = new FakeView();
    const make = (suffix: string, priority: WorkItem['priority'], minutes: number) =>
      view.do('create', {
        id: `WRK-20260103-${suffix}`,
        fields: { title: suffix, priority },
        at: time(minutes),
      });
    const items = [
      make('0004', 'low', 0),
      make('0003', 'high', 5),
      make('0002', 'high', 5),
      make('0001', 'high', 4),
    ];
    const critical = make('0005', 'critical', 9);
    const sorted = [...items, critical].sort(byUrgency).map((item) => item.title);
    expect(sorted).toEqual(['0005', '0001', '0002', '0003', '0004']);
  });
});

describe('refusals', () => {
  test('given a refusal, when asked, then code, hint, details and cause are there and retryable follows the table', () => {
    const cause = new Error('why');
    const error = new LedgerError('CONTENDED', 'Busy.', { hint: 'Wait.', details: { lost: 1 }, cause });
    expect(error).toMatchObject({ name: 'LedgerError', code: 'CONTENDED', message: 'Busy.', hint: 'Wait.' });
    expect([error.details, error.cause, error.retryable]).toEqual([{ lost: 1 }, cause, true]);
    expect(new LedgerError('NO_GIT', 'No.')).toMatchObject({
      hint: undefined,
      details: {},
      retryable: false,
    });
    for (const [code, { retryable }] of Object.entries(ERROR_CODES)) {
      expect(new LedgerError(code as keyof typeof ERROR_CODES, 'x').retryable).toBe(retryable);
    }
  });

  test('given any failure, when narrowed, then only ours is ours, and only by its code', () => {
    const error = new LedgerError('NO_GIT', 'No.');
    expect([isLedgerError(error), isLedgerError(error, 'NO_GIT'), isLedgerError(error, 'NOT_FOUND')]).toEqual(
      [true, true, false],
    );
    for (const other of [new Error('x'), undefined, { code: 'NO_GIT' }])
      expect(isLedgerError(other)).toBe(false);
  });
});
