import { expect, test } from 'vitest';
import {
  decodeLedgerMessage,
  decodeMessage,
  encodeConfigureMessage,
  encodeInitMessage,
  encodeMessage,
} from '../../src/codec/message.ts';
import { decide } from '../../src/domain/decide.ts';
import { ask, FakeView, LEDGER_ID, opOf, time } from '../helpers/fake-view.ts';

const REQUEST = { actor: 'ada', op: opOf(1), at: time() };
const INIT = encodeInitMessage(LEDGER_ID, REQUEST);

test('given a root commit and a change of settings, when their messages are read, then each says its verb and request', () => {
  expect(decodeLedgerMessage(INIT)).toEqual({ verb: 'init', ...REQUEST });
  const configure = encodeConfigureMessage(['max_attempts', 'lease_ttl_s'], [], REQUEST);
  expect(configure.split('\n')[0]).toBe('configure ledger.yaml: max_attempts, lease_ttl_s');
  expect(decodeLedgerMessage(configure)).toEqual({ verb: 'configure', ...REQUEST });
});

test('given one of them, when read as a transition, then it is a problem; and the other way round, it is none of them', () => {
  expect(decodeMessage(INIT)).toMatchObject({ kind: 'problem' });
  const decision = decide(new FakeView(), ask('create', { fields: { title: 'New' } }));
  if (decision.kind === 'unchanged') throw new Error('a creation changes something');
  expect(decodeLedgerMessage(encodeMessage(decision.event))).toBeUndefined();
});

test.each(['Verb', 'Actor', 'Op', 'At'])('given no Work-%s, or two, when read, then it is none', (key) => {
  const trailer = new RegExp(`^Work-${key}: .*\n`, 'm');
  expect(decodeLedgerMessage(INIT.replace(trailer, ''))).toBeUndefined();
  expect(decodeLedgerMessage(`${INIT}\nWork-${key}: other\n`)).toBeUndefined();
});
