import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { titleOf } from '../../../examples/chat-server/chat.ts';
import { eventsOf } from '../../../examples/chat-server/events.ts';
import { saidIn, Transcript } from '../../../examples/chat-server/transcript.ts';
import type { Json, WorkItem } from '../../../src/index.ts';
import { makeWorld } from '../../helpers/replicas.ts';
import { runs } from '../../helpers/runs.ts';

let item: WorkItem;
beforeEach(async () => {
  const [ada] = (await makeWorld(['ada'])).replicas;
  const context = { session_id: 's1', message_id: 'm1' };
  item = (await ada?.ledger.createWork({ title: 'Hello', description: 'Hello you', context })) as WorkItem;
});

const saying = (said: Json, more: Partial<WorkItem> = {}): WorkItem => ({
  ...item,
  ...more,
  checkpoint: { at: item.created_at, attempt: 1, data: { said } },
});

describe('given a message', () => {
  test('when nothing was said yet, then there is the message itself', () => {
    expect(eventsOf(item)).toEqual([
      { message: 'm1', seq: 1, type: 'message', text: 'Hello you', user: 'ada', work_id: item.id },
    ]);
  });

  test('when it failed and went on, then what is numbered after the failure was never told under a number before', () => {
    const failed = eventsOf(saying(['one'], { status: 'failed', error: 'no' }));
    expect(failed.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'message'],
      [2, 'text'],
      [3, 'failed'],
    ]);
    const again = eventsOf(
      saying(['one', { attempt: 2 }, 'two'], { status: 'completed', result: { answer: 'x' } }),
    );
    expect(again.slice(failed.length)).toMatchObject([
      { seq: 4, type: 'text', text: 'two' },
      { seq: 5, type: 'done', answer: 'x' },
    ]);
  });

  test.each([[null], ['text'], [{}], [{ said: 'text' }], [{ said: [1, null, {}, []] }]])(
    'when its checkpoint has %j, which someone else wrote, then nothing was said',
    (data) => {
      expect(saidIn(data)).toEqual([]);
    },
  );
});

test('given anything that is said, when it is recorded, then it fits into a checkpoint and only grows', () => {
  const line = fc.string({ maxLength: 20_000, unit: 'grapheme' });
  const entries = fc.array(fc.oneof(line, fc.record({ attempt: fc.nat() })));
  fc.assert(
    fc.property(entries, (said) => {
      const transcript = new Transcript();
      for (const entry of said) {
        const before = [...transcript.said];
        transcript.add(entry);
        expect(transcript.said.slice(0, before.length)).toEqual(before);
      }
      expect(Buffer.byteLength(JSON.stringify(transcript.said))).toBeLessThan(50 * 1024);
      expect(transcript.said.filter((entry) => typeof entry !== 'string')).toEqual(
        said.filter((entry) => typeof entry !== 'string'),
      );
      const next = new Transcript(transcript.said);
      for (const entry of ['more', 'and more']) {
        transcript.add(entry);
        next.add(entry);
      }
      expect(next.said).toEqual(transcript.said);
    }),
    { numRuns: runs(50) },
  );
});

test('given any text, when it becomes a title, then a ledger takes it', async () => {
  const [ada] = (await makeWorld(['ada'])).replicas;
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 300, unit: 'binary' }), async (text) => {
      const made = await ada?.ledger.createWork({ title: titleOf(text) });
      expect([...(made?.title ?? '')].length).toBeLessThanOrEqual(100);
    }),
    { numRuns: runs(100) },
  );
  expect(titleOf(' a\n b\u202e\u0000 ')).toBe('a b');
  expect(titleOf('\u200b\n')).toBe('Message without words');
});
