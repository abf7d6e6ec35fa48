import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeAgent, presenceName, readPresenceName } from '../../../src/agents/presence/name.ts';
import { isRefName } from '../../../src/git/refs/ref-files.ts';

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
