import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodePresence,
  encodeAgent,
  encodePresence,
  lineOf,
  MAX_EXECUTIONS,
  MAX_PRESENCE_BYTES,
  type PresenceRecord,
  presenceName,
  readPresenceName,
} from '../../../src/agents/presence/record.ts';
import { isRefName } from '../../../src/git/refs/ref-files.ts';

const NOON = '2026-01-03T11:00:00.000Z';
const RECORD: PresenceRecord = {
  schema: 1,
  agent: 'swarm_dev/implementer',
  session: '0a1b2c3d',
  host: 'build-7',
  pid: 4711,
  program: 'wl work',
  seq: 3,
  at: NOON,
  executions: [
    { id: 'WRK-20260103-0001', execution_id: 'exec-1', epoch: 2, since: NOON, step: 'testing' },
    { id: 'WRK-20260103-0002', execution_id: 'exec-2', epoch: 1, since: NOON },
  ],
};
const HEADER = `tree ${'0'.repeat(40)}\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\n`;
const readMessage = (message: string | Uint8Array) =>
  decodePresence(Buffer.concat([Buffer.from(HEADER), Buffer.from(message)]));
const read = (value: unknown) => readMessage(`presence: x\n\n${JSON.stringify(value)}\n`);

test('given a record, when it is written and read, then it is the same, and it does not depend on the order of keys', () => {
  expect(readMessage(encodePresence(RECORD))).toEqual({ kind: 'read', record: RECORD });
  const { agent, ...rest } = RECORD;
  expect(encodePresence({ ...rest, agent })).toBe(encodePresence(RECORD));
});

test('given keys that nobody knows, when it is read, then they are left out', () => {
  const [first] = RECORD.executions;
  const strange = { ...RECORD, mood: 'fine', executions: [{ ...first, colour: 'red' }] };
  expect(read(strange)).toEqual({ kind: 'read', record: { ...RECORD, executions: [first] } });
});

test.each([
  ['no JSON', 'presence: x\n\nhello'],
  ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
  ['a title alone', 'presence: x\n'],
  ['nothing', ''],
  ['brackets without end', `presence: x\n\n${'['.repeat(300_000)}`],
])('given a commit with %s, when it is read, then it is damaged', (_, message) => {
  expect(readMessage(message)).toEqual({ kind: 'damaged', reason: 'its message is not JSON' });
});

test('given an object that is no commit, when it is read, then it is damaged', () => {
  expect(decodePresence(Buffer.from('{}'))).toEqual({ kind: 'damaged', reason: 'it is no commit' });
});

test.each([
  ['null', null],
  ['a list', []],
  ['a later schema', { ...RECORD, schema: 2 }],
  ['no agent', { ...RECORD, agent: undefined }],
  ['an agent that is two lines', { ...RECORD, agent: 'ada\nbob' }],
  ['an agent that reorders the screen', { ...RECORD, agent: 'ada\u202ebob' }],
  ['an agent with brackets', { ...RECORD, agent: 'ada <root>' }],
  ['a session like a path', { ...RECORD, session: '../../../x' }],
  ['a host that clears the screen', { ...RECORD, host: '\u001b[2J' }],
  ['a host without end', { ...RECORD, host: 'x'.repeat(201) }],
  ['a pid that is text', { ...RECORD, pid: '4711' }],
  ['a pid that is no whole number', { ...RECORD, pid: 1.5 }],
  ['a program that is a map', { ...RECORD, program: {} }],
  ['a seq that is negative', { ...RECORD, seq: -1 }],
  ['a time that is no time', { ...RECORD, at: 'yesterday' }],
  ['executions that are a map', { ...RECORD, executions: { 0: RECORD.executions[0] } }],
  ['too many executions', { ...RECORD, executions: Array(MAX_EXECUTIONS + 1).fill(RECORD.executions[0]) }],
  ['an execution without an item', { ...RECORD, executions: [{ execution_id: 'e', epoch: 1, since: NOON }] }],
  ['an item like a path', { ...RECORD, executions: [{ ...RECORD.executions[0], id: '../../x' }] }],
  ['a step of two lines', { ...RECORD, executions: [{ ...RECORD.executions[0], step: 'a\nb' }] }],
  ['an epoch of 0', { ...RECORD, executions: [{ ...RECORD.executions[0], epoch: 0 }] }],
])('given %s, when it is read, then it is damaged, and says why', (_, value) => {
  expect(read(value)).toEqual({ kind: 'damaged', reason: expect.stringMatching(/\w/) });
});

test('given as many executions as there can be, with the longest texts, when it is written, then it can be read', () => {
  const widest = '\u{1f41d}'.repeat(200);
  const one = {
    id: `ABCDEFGH-20260103-${'0'.repeat(16)}`,
    execution_id: widest,
    epoch: 9e15,
    since: NOON,
    step: widest,
  };
  const record = { ...RECORD, agent: widest, executions: Array(MAX_EXECUTIONS).fill(one) };
  const message = encodePresence(record);
  expect(Buffer.byteLength(message)).toBeLessThan(MAX_PRESENCE_BYTES);
  expect(readMessage(message).kind).toBe('read');
});

test.each([
  ['two\nlines', 'two lines'],
  ['\u001b[31mred', '[31mred'],
  ['  ', undefined],
  ['x'.repeat(300), `${'x'.repeat(199)}…`],
])('given the text %j, when it is made a line, then it fits', (text, line) => {
  expect(lineOf(text)).toBe(line);
});

const NAMES = [
  'ada',
  'Ada',
  'swarm_dev/implementer',
  'a',
  'a/b',
  '..',
  '.',
  '@',
  '@{u}',
  'x.lock',
  '-rf',
  'Ünïcode 名前 🐝',
  'u\u0308',
  'ü',
  'a b',
  'a~1^2:?*[\\',
  '%2f',
  'x'.repeat(200),
  `${'x'.repeat(199)}y`,
  '🐝'.repeat(200),
];

test.each(NAMES)('given the agent %j, when its ref is named, then git takes the name', (agent) => {
  const ref = `refs/work-ledger/presence/${presenceName(agent, '0a1b2c3d')}`;
  expect(isRefName(ref)).toBe(true);
  execFileSync('git', ['check-ref-format', ref]);
  expect(Buffer.byteLength(`${presenceName(agent, '0a1b2c3d')}.lock`)).toBeLessThan(256);
});

test('given different agents, when their refs are named, then none is another’s, or its folder, in any file system', () => {
  const names = NAMES.map((agent) => encodeAgent(agent).toLowerCase().normalize('NFC'));
  expect(new Set(names).size).toBe(NAMES.length);
  expect(names.filter((name) => name.includes('/'))).toEqual([]);
});

test('given any agent, when its ref is named, then the name is read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (agent) => {
      const name = presenceName(agent, '0a1b2c3d');
      expect(isRefName(`refs/heads/${name}`)).toBe(true);
      expect(readPresenceName(name)).toEqual({ agent: encodeAgent(agent), session: '0a1b2c3d' });
    }),
  );
});

test.each([
  '',
  'ada',
  'ada.0a1b2c3',
  'Ada.0a1b2c3d',
  'a b.0a1b2c3d',
  '.0a1b2c3d',
  'ada%2.0a1b2c3d',
  'ada.x.0a1b2c3d',
])('given the ref %j of someone else, when it is read, then it is none of ours', (name) => {
  expect(readPresenceName(name)).toBeUndefined();
});
