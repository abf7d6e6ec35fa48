import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, readTrailers } from '../../src/codec/message.ts';
import type { TransitionEvent } from '../../src/domain/commands.ts';
import { transitionEvent } from '../helpers/arbitraries.ts';
import { runs } from '../helpers/runs.ts';

const CLAIM: TransitionEvent = {
  verb: 'claim',
  id: 'WRK-20260103-0001',
  title: 'Implement user authentication',
  from: 'pending',
  to: 'in_progress',
  rev: 2,
  actor: 'swarm_dev/implementer',
  op: '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11',
  at: '2026-01-03T11:00:00.000Z',
  epoch: 1,
  execution_id: 'exec-def456',
  reason: undefined,
};

const CLAIM_MESSAGE = `claim WRK-20260103-0001: pending -> in_progress

Implement user authentication

Work-Item: WRK-20260103-0001
Work-Verb: claim
Work-Status: pending -> in_progress
Work-Rev: 2
Work-Actor: swarm_dev/implementer
Work-Op: 019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11
Work-Epoch: 1
Work-Execution: exec-def456
Work-At: 2026-01-03T11:00:00.000Z
`;

/** Titles that git or a reader of ours could take for something else than a title. */
const TITLES = [
  'Work-Verb: complete',
  'Work-Item:',
  'Work-Reason: none',
  'Signed-off-by: Ada <ada@example.org>',
  '---',
  '--- a/src/x.ts',
  '# a comment',
  '# ------------------------ >8 ------------------------',
  '; ------------------------ >8 ------------------------',
  '>8',
  'diff --git a/x b/x',
  'fixup! claim',
  'key: value',
  '👩‍💻 日本語',
];

/** What git itself reads, with no configuration of anybody's. */
function gitTrailers(message: string): string[] {
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    LC_ALL: 'C',
  };
  const out = execFileSync('git', ['interpret-trailers', '--parse'], {
    input: message,
    env,
    encoding: 'utf8',
    cwd: '/',
  });
  return out.split('\n').filter((line) => line !== '');
}

const trailerLines = (message: string): string[] =>
  message.split('\n').filter((line) => line.startsWith('Work-'));

describe('writing a message', () => {
  test('given a claim, when its message is written, then it is the one the format tells', () => {
    expect(encodeMessage(CLAIM)).toBe(CLAIM_MESSAGE);
  });

  test('given a reason, when written, then it is the last trailer', () => {
    const message = encodeMessage({ ...CLAIM, verb: 'release', reason: 'lunch: back at 1 -> 2' });
    expect(message.endsWith('Work-At: 2026-01-03T11:00:00.000Z\nWork-Reason: lunch: back at 1 -> 2\n')).toBe(
      true,
    );
  });

  test.each([
    [undefined, 'pending', 'none -> pending'],
    ['completed', undefined, 'completed -> deleted'],
    ['blocked', 'blocked', 'blocked'],
    ['failed', 'pending', 'failed -> pending'],
  ] as const)('given a change from %s to %s, when written, then it reads %s', (from, to, words) => {
    expect(encodeMessage({ ...CLAIM, from, to })).toContain(`\nWork-Status: ${words}\n`);
  });

  test.each(TITLES)('given the title %j, when written, then git reads exactly our trailers', (title) => {
    const message = encodeMessage({ ...CLAIM, title });
    expect(gitTrailers(message)).toEqual(trailerLines(CLAIM_MESSAGE));
  });

  test('given any event, when written, then git reads exactly our trailers', () => {
    for (const event of fc.sample(transitionEvent, { numRuns: 40, seed: 20260103 })) {
      const message = encodeMessage(event);
      expect(gitTrailers(message)).toEqual(trailerLines(message));
    }
  });
});

describe('reading a message', () => {
  test('given any event, when its message is written and read, then it is the same event but for the title', () => {
    fc.assert(
      fc.property(transitionEvent, (event) => {
        const message = encodeMessage(event);
        expect(decodeMessage(message)).toEqual({ kind: 'event', event: { ...event, title: '' } });
        expect(message).not.toContain('\r');
      }),
      { numRuns: runs(500) },
    );
  });

  test.each(TITLES)('given the title %j, when read, then it changes nothing', (title) => {
    expect(decodeMessage(encodeMessage({ ...CLAIM, title }))).toEqual({
      kind: 'event',
      event: { ...CLAIM, title: '' },
    });
  });

  test('given paragraphs that a host appended, when read, then ours is still found', () => {
    const message = `${CLAIM_MESSAGE}\nReviewed in #12.\n\nCo-authored-by: Bob <bob@example.org>\nSigned-off-by: Eve <e@x.y>\n`;
    expect(decodeMessage(message)).toEqual(decodeMessage(CLAIM_MESSAGE));
  });

  test('given line ends that a host made CRLF, when read, then it is the same event', () => {
    expect(decodeMessage(CLAIM_MESSAGE.replaceAll('\n', '\r\n'))).toEqual(decodeMessage(CLAIM_MESSAGE));
  });

  test('given a trailer twice, when read, then it is a problem that names it, whichever value comes first', () => {
    for (const value of ['claim', 'complete']) {
      const message = `${CLAIM_MESSAGE}\nWork-Verb: ${value}\nWork-Rev: 2\n`;
      expect(decodeMessage(message)).toEqual({
        kind: 'problem',
        message: 'Work-Verb, Work-Rev occurs more than once',
      });
      expect(readTrailers(message).values.has('Work-Verb')).toBe(false);
    }
  });

  test.each(['Item', 'Verb', 'Status', 'Rev', 'Actor', 'Op', 'At'])(
    'given a message without Work-%s, when read, then it is a problem that names it',
    (key) => {
      const message = CLAIM_MESSAGE.replace(new RegExp(`^Work-${key}: .*\n`, 'm'), '');
      expect(decodeMessage(message)).toEqual({ kind: 'problem', message: `the message has no Work-${key}` });
    },
  );

  test.each([
    ['Work-Verb: claim', 'Work-Verb: constructor'],
    ['Work-Verb: claim', 'Work-Verb: configure'],
    ['Work-Verb: claim', 'Work-Verb: '],
    ['Work-Status: pending -> in_progress', 'Work-Status: pending -> stuck'],
    ['Work-Status: pending -> in_progress', 'Work-Status: deleted'],
    ['Work-Status: pending -> in_progress', 'Work-Status: none'],
    ['Work-Status: pending -> in_progress', 'Work-Status: none -> deleted'],
    ['Work-Status: pending -> in_progress', 'Work-Status: pending -> in_progress -> failed'],
    ['Work-Status: pending -> in_progress', 'Work-Status: '],
    ['Work-Rev: 2', 'Work-Rev: two'],
    ['Work-Rev: 2', 'Work-Rev: 0'],
    ['Work-Rev: 2', 'Work-Rev: 2e3'],
    ['Work-Rev: 2', 'Work-Rev: '],
    ['Work-Epoch: 1', 'Work-Epoch: -1'],
    ['Work-Epoch: 1', 'Work-Epoch: '],
    ['Work-Item: WRK-20260103-0001', 'Work-Item: ../../etc/passwd'],
    ['Work-Op: 019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11', 'Work-Op: 1'],
    ['Work-At: 2026-01-03T11:00:00.000Z', 'Work-At: yesterday'],
    ['Work-Actor: swarm_dev/implementer', 'Work-Actor: '],
  ])('given %j made %j, when read, then it is a problem', (before, after) => {
    expect(CLAIM_MESSAGE).toContain(before);
    expect(decodeMessage(CLAIM_MESSAGE.replace(before, after))).toMatchObject({ kind: 'problem' });
  });

  test('given any text, when read, then the answer is an event or a problem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(CLAIM_MESSAGE.length), (noise, where) => {
        const message = CLAIM_MESSAGE.slice(0, where) + noise + CLAIM_MESSAGE.slice(where);
        expect(['event', 'problem']).toContain(decodeMessage(message).kind);
      }),
    );
  });
});
