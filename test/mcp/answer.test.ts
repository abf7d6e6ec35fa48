import { expect, test } from 'vitest';
import { LedgerError, type WorkItem } from '../../src/index.ts';
import { lean, rowOf, toErrorResult, toResult } from '../../src/mcp/answer.ts';
import { CANARY, SPEECH } from '../helpers/hostile-speech.ts';
import { UNSEEN, withoutQuotes } from '../helpers/marked.ts';

test('given a value, when it is made lean, then nothing empty is left of it', () => {
  const value = { a: '', b: [], c: {}, d: null, e: undefined, f: [{ x: '' }, 'y'], g: 0, h: false };
  expect(lean(value)).toEqual({ f: ['y'], g: 0, h: false });
});

test('given answers with nothing in them, when they are given, then a list is empty and anything else is null', () => {
  const dataOf = (data: unknown) => toResult({ text: '', kind: 'x', data }).structuredContent;
  expect(dataOf([])).toEqual({ schema_version: 1, kind: 'x', data: [] });
  expect(dataOf({})).toEqual({ schema_version: 1, kind: 'x', data: null });
});

test('given notes, when an answer is given, then they stand in its words and in its data', () => {
  const { content, structuredContent } = toResult({ text: 'done', kind: 'x', data: 1 }, ['it is late']);
  expect(content[0]?.text).toBe('done\nnote: it is late');
  expect(structuredContent).toEqual({ schema_version: 1, kind: 'x', data: 1, notes: ['it is late'] });
});

test.each(Object.entries(SPEECH))(
  'given %s as a title, when it stands in a row, then it stays within its quotes, on its line',
  (_, speech) => {
    const item = { id: 'WRK-20260103-0001', status: 'pending', priority: 'low', type: 'bug', title: speech };
    const row = rowOf({ ...item, owner: speech } as WorkItem);
    expect(row).not.toContain('\n');
    expect(withoutQuotes(row)).not.toContain(CANARY);
    const { content, structuredContent } = toResult({ text: row, kind: 'items', data: [item] });
    expect(JSON.stringify(content)).not.toMatch(UNSEEN);
    expect(JSON.stringify(structuredContent)).not.toMatch(UNSEEN);
  },
);

test('given a refusal, when it is told, then its code comes first, and what is left somewhere and the hint follow', () => {
  const error = new LedgerError('REMOTE_UNREACHABLE', 'The remote does not answer.', {
    hint: 'Try again.',
    details: { saved: [{ verb: 'checkpoint', id: 'WRK-20260103-0001', title: 'One', op: 'x' }] },
  });
  const { content, structuredContent, isError } = toErrorResult(error);
  expect(content[0]?.text.split('\n')).toEqual([
    'REMOTE_UNREACHABLE: The remote does not answer.',
    'saved in this clone only: checkpoint WRK-20260103-0001',
    'hint: Try again.',
  ]);
  expect(isError).toBe(true);
  expect(structuredContent).toEqual({
    error: {
      code: 'REMOTE_UNREACHABLE',
      message: 'The remote does not answer.',
      hint: 'Try again.',
      retryable: true,
    },
  });
});

test('given an ambiguous id, when it is told, then what it fits is named, with titles in quotes', () => {
  const items = [{ id: 'WRK-20260103-0001', status: 'pending', title: `"x" ${CANARY}` }];
  const error = new LedgerError('AMBIGUOUS_ID', 'It fits several.', { details: { items, found: 2 } });
  const text = toErrorResult(error).content[0]?.text ?? '';
  expect(text).toContain('WRK-20260103-0001 pending "');
  expect(withoutQuotes(text)).not.toContain(CANARY);
});

test('given a defect of the program, when it is told, then it has a code, and its stack is kept back', () => {
  const { structuredContent } = toErrorResult(new TypeError('x is not a function'));
  expect(structuredContent.error).toMatchObject({ code: 'INTERNAL' });
  expect(JSON.stringify(structuredContent)).not.toContain('answer.test.ts');
});
