import { describe, expect, test } from 'vitest';
import { readGiven, schemaOf } from '../../src/mcp/parameters.ts';
import { refusalOf } from '../helpers/refusal.ts';

const PARAMETERS = {
  title: { kind: 'text', needed: true },
  labels: { kind: 'texts', about: 'any number' },
  urgent: { kind: 'flag' },
  limit: { kind: 'count' },
  data: { kind: 'map' },
  outcome: { kind: ['completed', 'failed'] },
} as const;

test('given parameters, when their schema is made, then it says what each is, and no more', () => {
  expect(schemaOf(PARAMETERS)).toEqual({
    type: 'object',
    properties: {
      title: { type: 'string' },
      labels: { type: 'array', items: { type: 'string' }, description: 'any number' },
      urgent: { type: 'boolean' },
      limit: { type: 'integer' },
      data: { type: 'object' },
      outcome: { type: 'string', enum: ['completed', 'failed'] },
    },
    required: ['title'],
  });
});

describe('given what a model wrote', () => {
  test('when it is as the schema has it, then it is read, and what is left out is nothing', () => {
    const given = { title: 'One', labels: ['a'], urgent: true, limit: 3, data: { x: 1 }, outcome: 'failed' };
    expect(readGiven(PARAMETERS, given)).toEqual(given);
    expect(readGiven(PARAMETERS, { title: 'One', limit: null })).toEqual({ title: 'One' });
  });

  test('when it is nearly so, as models write, then it is read as it is meant', () => {
    const given = { title: 7, labels: 'a', urgent: 'false', limit: '3', data: '{"x":1}' };
    expect(readGiven(PARAMETERS, given)).toEqual({
      title: '7',
      labels: ['a'],
      urgent: false,
      limit: 3,
      data: { x: 1 },
    });
  });

  test.each([
    [{}, 'title is required.'],
    ['One', 'The arguments have to be an object.'],
    [{ title: ['One'] }, 'title has to be a text.'],
    [{ title: 'One', labels: [1] }, 'labels has to be a list of texts.'],
    [{ title: 'One', urgent: 'maybe' }, 'urgent has to be true or false.'],
    [{ title: 'One', limit: -1 }, 'limit has to be a whole number.'],
    [{ title: 'One', data: '[1]' }, 'data has to be an object.'],
    [{ title: 'One', data: '{' }, 'data has to be an object.'],
    [{ title: 'One', outcome: 'done' }, 'outcome cannot be "done".'],
    [{ title: 'One', tilte: 'x' }, 'There is no "tilte" here.'],
    [{ title: 'One', toString: 'x' }, 'There is no "toString" here.'],
  ])('when it is %j, then it is refused, and the parameter is named', async (given, message) => {
    const reading = Promise.resolve().then(() => readGiven(PARAMETERS, given));
    expect(await refusalOf(reading)).toMatchObject({ code: 'INVALID_INPUT', message });
  });
});
