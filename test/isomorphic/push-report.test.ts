import { describe, expect, test } from 'vitest';
import { encodeLine } from '../../src/isomorphic/pkt-line.ts';
import { HttpStatusError, readPushFailure, readPushReport } from '../../src/isomorphic/smart-http.ts';

const REF = 'refs/heads/work-ledger';
const report = (...lines: string[]) =>
  readPushReport(Buffer.concat(lines.map((line) => encodeLine(`${line}\n`))), REF, '');

describe('what a push came to', () => {
  test('given that the ref was taken, then it is accepted, whatever became of others', () => {
    expect(report('unpack ok', `ok ${REF}`, 'ng refs/work-ledger/inbox/a hook declined')).toEqual({
      kind: 'accepted',
    });
  });

  test.each([
    'failed to update ref',
    'non-fast-forward',
    'fetch first',
    `cannot lock ref '${REF}': is at 1 but expected 2`,
    'reference already exists',
    'incorrect old value provided',
  ])('given the reason %j, then someone else was first', (reason) => {
    expect(report('unpack ok', `ng ${REF} ${reason}`)).toEqual({ kind: 'behind', reason });
  });

  test.each([
    'pre-receive hook declined',
    'protected branch hook declined',
    'push declined due to repository rule violations',
    'deletion prohibited',
    'shallow update not allowed',
  ])('given the reason %j, then it is refused with the reason', (reason) => {
    expect(report('unpack ok', `ng ${REF} ${reason}`)).toEqual({ kind: 'refused', reason });
  });

  test.each([
    ['behind', 'ng refs/work-ledger/inbox/a incorrect old value provided', 'atomic push failure'],
    ['refused', 'ng refs/work-ledger/inbox/a hook declined', 'atomic push failure'],
    ['refused', 'ng refs/work-ledger/inbox/a atomic transaction failed', 'atomic transaction failed'],
  ])(
    'given a push that is taken as a whole, when another ref stops it, then it is %s',
    (kind, other, own) => {
      expect(report('unpack ok', `ng ${REF} ${own}`, other)).toMatchObject({ kind });
    },
  );

  test.each([
    [['unpack index-pack abnormal exit', `ng ${REF} unpacker error`]],
    [['unpack ok']],
    [[]],
    [['unpack ok', 'ok refs/heads/other']],
  ])('given the report %j, then what happened is unknown', (lines) => {
    expect(report(...lines).kind).toBe('unknown');
  });

  test('given what a hook printed, then a refusal quotes it', () => {
    const lines = encodeLine(`ng ${REF} pre-receive hook declined\n`);
    expect(readPushReport(lines, REF, 'only on\r\nweekdays\n\n')).toEqual({
      kind: 'refused',
      reason: 'pre-receive hook declined: only on: weekdays',
    });
  });

  test.each([
    [new HttpStatusError(401, 'Unauthorized'), 'denied'],
    [new HttpStatusError(403, 'Forbidden'), 'denied'],
    [new HttpStatusError(500, ''), 'unknown'],
    [new TypeError('fetch failed'), 'unknown'],
  ])('given the failure %s, then it is %s', (error, kind) => {
    expect(readPushFailure(error).kind).toBe(kind);
  });
});
