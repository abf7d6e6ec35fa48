import { describe, expect, it } from 'vitest';
import { checkProposal } from '../../src/audit/check-times.ts';
import { checkWords } from '../../src/audit/check-trailers.ts';
import { CommitFindings } from '../../src/audit/findings.ts';
import { encodeMessage } from '../../src/codec/message.ts';
import type { TransitionEvent } from '../../src/domain/commands.ts';
import { isProposal, PULL_REQUEST } from '../../src/domain/verbs/approve.ts';
import { toEntry } from '../../src/projection/history-entry.ts';
import type { CommitRecord } from '../../src/store/port.ts';

const ASKED = '2026-01-03T10:00:00.500Z';
const asked = Math.floor(Date.parse(ASKED) / 1000);
const HOUR = 3600;

const event: TransitionEvent = {
  verb: 'approve',
  id: 'WRK-20260103-0001',
  title: 'A title that is long enough to be broken in two by a host that likes short lines best',
  from: 'in_review',
  to: 'completed',
  rev: 4,
  actor: PULL_REQUEST,
  op: '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11',
  at: ASKED,
  epoch: undefined,
  execution_id: undefined,
  reason: undefined,
};

const record = (more: Partial<CommitRecord> = {}): CommitRecord => ({
  oid: 'a'.repeat(40),
  parents: ['b'.repeat(40)],
  author: { name: PULL_REQUEST, email: 'builder@example.invalid', at: asked },
  committer: { name: 'Builder', email: 'builder@example.invalid', at: asked + 1 },
  message: encodeMessage(event),
  changes: [],
  ...more,
});
const by = (name: string, email: string, at: number) => ({ name, email, at });
const OPAL = (at: number) => by('Opal', 'opal@example.invalid', at);
const MEL = (at: number) => by('Mel', 'mel@example.invalid', at);
const GITHUB = (at: number) => by('GitHub', 'noreply@github.com', at);

it('given an approval by the actor of pull requests, then it is a proposal, and nothing else is', () => {
  expect(isProposal(event)).toBe(true);
  expect(isProposal({ ...event, actor: 'ada' })).toBe(false);
  for (const verb of ['reject', 'complete', 'claim', 'configure']) {
    expect(isProposal({ ...event, verb })).toBe(false);
  }
});

describe('given the author line of a proposal', () => {
  const rules = (author: CommitRecord['author'], committed: number): string[] => {
    const one = record({ author, committer: GITHUB(committed) });
    const findings = new CommitFindings(one);
    checkProposal(event, one, 300, findings);
    return findings.found.map(({ rule }) => rule);
  };

  it('as it was made, or written anew when it was merged, then nothing is found', () => {
    expect(rules(by(PULL_REQUEST, 'builder@example.invalid', asked), asked + HOUR)).toEqual([]);
    expect(rules(OPAL(asked + HOUR), asked + HOUR)).toEqual([]);
    expect(rules(by(PULL_REQUEST, 'builder@example.invalid', asked + HOUR), asked + HOUR)).toEqual([]);
  });

  it('with clocks that differ as far as they may, then nothing is found, and beyond it is', () => {
    expect(rules(OPAL(asked - 300), asked)).toEqual([]);
    expect(rules(OPAL(asked - 301), asked)).toEqual(['date']);
    expect(rules(OPAL(asked + HOUR + 300), asked + HOUR)).toEqual([]);
    expect(rules(OPAL(asked + HOUR + 301), asked + HOUR)).toEqual(['date']);
  });
});

describe('given the words of a message', () => {
  const rules = (message: string, of: TransitionEvent): string[] => {
    const findings = new CommitFindings(record({ message }));
    checkWords(message, of, findings);
    return findings.found.map(({ rule }) => rule);
  };
  const points = `Please take it (#7)\n\n* ${encodeMessage(event).replace('broken in two', 'broken\nin two')}`;

  it('of a proposal, as points below a title and broken into lines, then nothing is found', () => {
    expect(rules(points, event)).toEqual([]);
  });

  it('of a proposal, below a title without the first line, then nothing is found', () => {
    expect(rules(points.replace(/^\* .*$/m, ''), event)).toEqual([]);
  });

  it('of a proposal, with the title of another item, then it is found', () => {
    expect(rules(points.replace('long enough', 'short enough'), event)).toEqual(['message']);
  });

  it('of any other transition, then they stay where they are', () => {
    const other = { ...event, actor: 'ada' };
    const message = encodeMessage(other);
    expect(rules(message, other)).toEqual([]);
    expect(rules(`Please take it (#7)\n\n* ${message}`, other)).toEqual(['message']);
  });
});

describe('given the two lines of a proposal, when it is asked who merged', () => {
  const merger = (more: Partial<CommitRecord>) => toEntry(record(more)).merged_by;

  it.each([
    ['as it was made', {}, null],
    ['rebased', { committer: MEL(asked) }, 'Mel'],
    ['squashed by GitHub', { author: OPAL(asked), committer: GITHUB(asked) }, 'Opal'],
    ['squashed elsewhere', { author: OPAL(asked), committer: MEL(asked) }, 'Mel'],
    ['squashed by who opened it', { author: OPAL(asked), committer: OPAL(asked) }, 'Opal'],
    ['committed by GitHub under its own name', { committer: GITHUB(asked) }, null],
    ['of someone else', { message: encodeMessage({ ...event, actor: 'ada' }), committer: MEL(asked) }, null],
  ])('%s, then it is as git tells it', (_what, more, name) => {
    expect(merger(more)).toBe(name);
  });

  it('of a merge that repeats its message, then the merge is no transition', () => {
    const entry = toEntry(record({ parents: ['b'.repeat(40), 'c'.repeat(40)], author: MEL(asked) }));
    expect(entry).toMatchObject({ verb: 'merge', actor: 'Mel', id: undefined, op: null, to: null });
  });
});
