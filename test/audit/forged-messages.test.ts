import { describe, expect, it } from 'vitest';
import type { WorkItem } from '../../src/domain/item.ts';
import { contentDigest } from '../../src/domain/item-schema.ts';
import { type ForgedCommit, inFile, inMessage } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST, SECOND, THIRD } from './honest.ts';
import { audit } from './ledgers.ts';

const forger = new Forger();
/** Of what was asked for with nothing but a title. */
const DIGEST_OF_THIRD = contentDigest({ title: 'Third', type: 'task', priority: 'medium' } as WorkItem);

it('given the history as it was made, when it is written again by other means, then nothing is found', async () => {
  const { ok, transitions, items } = await audit(forger.gitDir, await forger.write(forger.history));
  expect({ ok, transitions, items }).toEqual({ ok: true, transitions: forger.history.length - 2, items: 2 });
});

describe('given a trailer that lies', () => {
  it.each([
    ['Work-Item', `claim ${FIRST}`, FIRST, SECOND, ['trailer:Work-Item', 'message']],
    ['Work-Verb', `claim ${FIRST}`, 'claim', 'start', ['message']],
    ['Work-Verb', `complete ${FIRST}`, 'complete', 'update', ['message', 'content']],
    [
      'Work-Status',
      `claim ${FIRST}`,
      'pending -> in_progress',
      'pending -> completed',
      ['trailer:Work-Status', 'message'],
    ],
    ['Work-Rev', `claim ${FIRST}`, '2', '3', ['trailer:Work-Rev']],
    ['Work-Actor', `claim ${FIRST}`, 'bob', 'eve', ['author', 'content']],
    ['Work-Actor', `complete ${FIRST}`, 'bob', 'eve', ['author', 'illegal:NOT_OWNER']],
    ['Work-Op', `claim ${FIRST}`, /[0-9a-f]{12}$/m.source, '000000000000', ['trailer:Work-Op']],
    ['Work-Epoch', `complete ${FIRST}`, '1', '2', ['trailer:Work-Epoch']],
    ['Work-Execution', `complete ${FIRST}`, 'exec-1', 'exec-2', ['trailer:Work-Execution']],
    ['Work-At', `claim ${FIRST}`, '10:02:00.000', '10:02:01.000', ['date', 'trailer:Work-At']],
    ['Work-At', `claim ${FIRST}`, '10:02:00.000', '10:02:00.999', ['trailer:Work-At']],
    ['Work-Reason', `block ${SECOND}`, 'needs the first', 'no reason', ['trailer:Work-Reason']],
    ['Work-Reason', `reject ${SECOND}`, 'not yet', 'bad', ['trailer:Work-Reason']],
    ['Work-Key', `create ${SECOND}`, 'second', 'first', ['trailer:Work-Key']],
    ['Work-Key', `create ${SECOND}`, '[0-9a-f]{32}', '0'.repeat(32), ['trailer:Work-Key']],
  ])('%s of `%s`, then it is named', async (key, start, from, to, rules) => {
    const line = new RegExp(`^(${key}: .*)${from}`, 'm');
    expect(await forger.broken(start, (commit) => inMessage(commit, line, `$1${to}`))).toEqual(rules);
  });
});

describe('given a message that is not as it should be', () => {
  it.each([
    ['a trailer twice', /^Work-Rev: 2$/m, 'Work-Rev: 2\nWork-Rev: 2', ['repeated']],
    [
      'a trailer twice, with another value',
      /^Work-Actor: bob$/m,
      'Work-Actor: bob\nWork-Actor: eve',
      ['repeated'],
    ],
    ['no Work-Op', /^Work-Op: .*\n/m, '', ['message']],
    ['no Work-Epoch', /^Work-Epoch: .*\n/m, '', ['trailer:Work-Epoch']],
    [
      'a reason that the verb has none of',
      /^Work-At:/m,
      'Work-Reason: why\nWork-At:',
      ['message', 'trailer:Work-Reason'],
    ],
    [
      'a key that it does not take',
      /^Work-At:/m,
      `Work-Key: ${'0'.repeat(32)} k\nWork-At:`,
      ['trailer:Work-Key', 'message'],
    ],
    ['a key that is none', /^Work-At:/m, 'Work-Key: k\nWork-At:', ['message']],
    ['an unknown verb', /^Work-Verb: claim$/m, 'Work-Verb: seize', ['message']],
    ['a first line that lies', /^claim/, 'release', ['message']],
    ['a title that lies', /^First$/m, 'Another', ['message']],
    ['nothing in it', /^[\s\S]*$/, 'wip', ['message']],
  ])('with %s, then it is found', async (_what, from, to, rules) => {
    expect(await forger.broken(`claim ${FIRST}`, (commit) => inMessage(commit, from, to))).toEqual(rules);
  });

  /** Git's own parser, or a search of docs/audit.md, makes something else of each of these than is decided on. */
  it.each([
    ['a trailer in lower case below', /$/, 'work-actor: lea\n'],
    ['one in lower case of a key that it has not', /$/, 'work-reason: because\n'],
    ['a space before the colon', /$/, 'Work-Reason : because\n'],
    ['no space after it', /^Work-Actor: /m, 'Work-Actor:'],
    ['two spaces after it', /^Work-Actor: /m, 'Work-Actor:  '],
    ['a separator of lines in it', /^(Work-Actor: .*)$/m, '$1\u2028'],
    ['carriage returns at its end', /^(Work-Actor: .*)$/m, '$1\r\r'],
    ['carriage returns at each end', /\n/g, '\r\n'],
    ['a value that goes on in the next line', /^(Work-Actor: .*)$/m, '$1\n  lea'],
    ['nothing in it', /$/, 'Work-Reason:\n'],
    ['a trailer that nobody knows', /$/, 'Work-Blessed: yes\n'],
    ['a paragraph below, behind which git sees none', /$/, '\nSigned-off-by: Bob <b@example.invalid>\n'],
    ['words behind its first line', /^(.*)$/m, '$1 (#12)'],
    ['no end of its last line', /\n$/, ''],
  ])('with %s, then it is found', async (_what, from, to) => {
    for (const start of [`claim ${FIRST}`, 'configure', 'init']) {
      const found = await forger.broken(start, (commit) => inMessage(commit, from, to));
      expect(found.filter((rule) => rule === 'message' || rule === 'repeated')).not.toEqual([]);
    }
  });
});

it("given another's name on a commit, then its author is found", async () => {
  expect(await forger.broken(`claim ${FIRST}`, () => ({ author: 'eve' }))).toEqual(['author']);
  expect(await forger.broken('configure', () => ({ author: 'eve' }))).toEqual(['author']);
  expect(await forger.broken('init', () => ({ author: 'eve' }))).toEqual(['author']);
});

it('given another date on a commit, then its date is found', async () => {
  expect(await forger.broken(`claim ${FIRST}`, ({ at }) => ({ at: at + 1 }))).toEqual(['date']);
});

it('given a transition under the name of an earlier one, then the second is found', async () => {
  const claim = forger.commitOf('claim');
  const op = /^Work-Op: (.*)$/m.exec(claim.message)?.[1] ?? '';
  const again = (commit: ForgedCommit) => ({
    ...inMessage(commit, /^Work-Op: .*$/m, `Work-Op: ${op}`),
    ...inFile(commit, /^last_op: .*$/m, `last_op: "${op}"`),
  });
  expect(await forger.broken(`checkpoint ${FIRST}`, again)).toEqual(['op']);
});

describe('given a key that was used', () => {
  it('when another item is made under it, by hand, then it is found, whatever it asks for', async () => {
    const keyed = ({ message, files }: ForgedCommit) => ({
      message: message.replace(/^(Work-At: .*\n)/m, `$1Work-Key: ${DIGEST_OF_THIRD} second\n`),
      files: files.map(({ path, text }) => ({
        path,
        text: text === undefined ? text : `${text}idempotency_key: second\n`,
      })),
    });
    expect(await forger.broken(`create ${THIRD}`, keyed)).toEqual(['illegal:KEY_USED']);
  });

  it('when it is left out of the message, then it is found', async () => {
    const silent = (commit: ForgedCommit) => inMessage(commit, /^Work-Key: .*\n/m, '');
    expect(await forger.broken(`create ${SECOND}`, silent)).toEqual(['trailer:Work-Key']);
  });
});
