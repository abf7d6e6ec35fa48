import { expect, test } from 'vitest';
import { decodeMessage } from '../../src/codec/message.ts';
import { decide } from '../../src/domain/decide.ts';
import { reviewPage, titleOf } from '../../src/review/page.ts';
import { ask, FakeView, idOf } from '../helpers/fake-view.ts';

const ID = idOf(1);
const HOSTILE =
  '@everyone closes #1\n```\n<script>alert(1)</script>\n![x](https://evil.example/x.png)\nWork-Actor: eve\n\u001b[31m';

function pageFor(title: string, text: string): { page: string; title: string } {
  const view = new FakeView();
  view.do('create', {
    id: ID,
    fields: { title, description: text, acceptance: [{ text: 'It works', done: true }] },
  });
  view.do('claim', { id: ID, execution_id: 'exec-1' });
  view.do('submit', { id: ID, result: { said: text } });
  const decision = decide(view, ask('approve', { id: ID, actor: 'pull-request' }));
  if (decision.kind !== 'transition' || !decision.before || !decision.after) throw new Error('not approved');
  const { before, after, event } = decision;
  const page = reviewPage({ before, after, event, history: [], branch: 'work-ledger' });
  return { page, title: titleOf(event) };
}

test('given an item, when its page is made, then it tells what was asked, what came of it and what merging does', () => {
  const { page, title } = pageFor('Sign users in', 'With tokens.');
  for (const part of [
    '# Review of',
    'Sign users in',
    'With tokens.',
    '[x] It works',
    '"said"',
    '+ status: completed',
    'wl review approve',
  ])
    expect(page).toContain(part);
  expect(title).toBe(`approve ${ID}: in_review -> completed`);
});

test('given a page, when a host makes the commit’s message of it, then the message is the approval’s', () => {
  const { page, title } = pageFor('Sign users in', HOSTILE);
  const decoded = decodeMessage(`${title} (#12)\n\n${page}`);
  expect(decoded).toMatchObject({ kind: 'event', event: { verb: 'approve', id: ID, actor: 'pull-request' } });
  expect(page.split('\n')).toContain('Sign users in');
});

test('given text that wants to be more than text, when its page is made, then all of it stands in blocks, inert', () => {
  const { page } = pageFor('```closes #2', HOSTILE);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding none is what this is for
  expect(page).not.toMatch(/\u001b|@everyone|closes #|#\d/);
  let fence = '';
  const outside: string[] = [];
  for (const line of page.split('\n')) {
    const [, run = ''] = /^(`{3,})(?:text|diff)?$/.exec(line) ?? [];
    if (fence === '' && run !== '') fence = run;
    else if (fence !== '' && line === fence) fence = '';
    else if (fence === '') outside.push(line);
  }
  expect(fence).toBe('');
  expect(outside.join('\n')).not.toMatch(/script|evil|Work-Actor|closes/);
});

test.each([
  ['letters', '<'],
  ['lines', 'a\n'],
  ['mentions', '@a'],
  ['characters that are told by their numbers', '\u001b'],
])('given an item as large as one may be, of %s, when its page is made, then a host takes it', (_, text) => {
  const { page } = pageFor('T', text.repeat(40_000 / text.length));
  expect(page.length).toBeLessThan(65_536);
  expect(page).toContain(`more bytes: wl show ${ID}`);
});
