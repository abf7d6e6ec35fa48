import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { EscalationProtocol } from '../../src/agents.ts';
import { initLedger, openLedger, type WorkLedger } from '../../src/index.ts';
import { makeTempFolder, runGit } from '../helpers/temp-repo.ts';

/** Of the form of a token, and nobody's. */
const TOKEN = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;

let dir: string;
let ledger: WorkLedger;
let id: string;
let question: string;

beforeEach(async () => {
  const { path, cleanup } = await makeTempFolder();
  dir = path;
  await runGit(dir, ['init', '--quiet', '.']);
  ({ ledger } = await initLedger({ dir, actor: 'ada' }));
  onTestFinished(async () => {
    await ledger.close();
    await cleanup();
  });
  ({ id } = await ledger.createWork({ title: 'One' }));
  await ledger.claimWork(id);
  ({ id: question } = await ledger.createWork({ title: 'Which?', type: 'escalation' }));
});

describe('given text that looks like a token', () => {
  test.each([
    ['create, as a title', () => ledger.createWork({ title: `Use ${TOKEN}` })],
    ['create, deep in a context', () => ledger.createWork({ title: 'x', context: { a: [{ b: TOKEN }] } })],
    ['update', () => ledger.work.update(id, { set: { description: `a\n${TOKEN}` } })],
    ['comment', () => ledger.work.comment(id, TOKEN)],
    ['checkpoint', () => ledger.work.checkpoint(id, { data: { env: TOKEN } })],
    ['complete', () => ledger.completeWork(id, { result: { out: TOKEN } })],
    ['fail', () => ledger.failWork(id, { error: `refused: ${TOKEN}` })],
    ['block, as a reason', () => ledger.blockWork(id, { reason: `wait ${TOKEN}` })],
    ['create, as a label', () => ledger.createWork({ title: 'x', labels: [TOKEN] })],
    ['create, as a key of a context', () => ledger.createWork({ title: 'x', context: { [TOKEN]: 1 } })],
    [
      'create, in a context under a name of the program’s own',
      () => ledger.createWork({ title: 'x', context: { id: TOKEN, actor: 'a', verb: 'b' } }),
    ],
    [
      'create, as a link',
      () => ledger.createWork({ title: 'x', links: [{ kind: 'related', target: TOKEN }] }),
    ],
    ['create, as an idempotency key', () => ledger.createWork({ title: 'x', idempotency_key: TOKEN })],
    ['create, by an actor of such a name', () => ledger.createWork({ title: 'x', actor: TOKEN })],
    ['assign', () => ledger.work.assign(id, TOKEN)],
    ['claim, as an execution', () => ledger.claimWork(question, { execution_id: TOKEN })],
    ['link_execution', () => ledger.work.linkExecution(id, TOKEN)],
    ['a question', () => new EscalationProtocol({ ledger }).escalate({ question: `May I use ${TOKEN}?` })],
    ['an answer', () => new EscalationProtocol({ ledger }).answer(question, { answer: TOKEN })],
    [
      'settings, as a name of a role',
      () => ledger.admin.configure({ roles: { [TOKEN]: { members: ['a'] } } }),
    ],
    ['settings, as a member', () => ledger.admin.configure({ roles: { leads: { members: [TOKEN] } } })],
    ['settings, as a name of a limit', () => ledger.admin.configure({ limits: { owner: { [TOKEN]: 3 } } })],
    [
      'a template',
      () => ledger.admin.configure({}, { files: [{ path: 'templates/bug.yaml', text: `title: ${TOKEN}` }] }),
    ],
    [
      'a file beside items',
      () => ledger.admin.configure({}, { files: [{ path: 'policy/allowed_signers', text: TOKEN }] }),
    ],
    [
      'batch, as what is known only then',
      () =>
        ledger.work.batch([() => ledger.work.command('comment', { id, body: TOKEN })]).then(([outcome]) => {
          throw outcome?.kind === 'refused' ? outcome.error : outcome;
        }),
    ],
    ['acknowledge, as a reason', () => ledger.audit.acknowledge('work-ledger', { reason: TOKEN })],
    ['batch', () => ledger.work.batch([ledger.work.command('comment', { id, body: TOKEN })])],
  ])(
    'when it is written by %s, then it is refused without being repeated, and nothing is made',
    async (_what, write) => {
      const before = await runGit(dir, ['rev-parse', 'work-ledger']);
      const error = await write().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'INVALID_INPUT', hint: expect.stringContaining('--allow-secret') });
      expect(String(error)).toContain('a token of GitHub');
      expect(JSON.stringify(error)).not.toContain(TOKEN);
      expect(await runGit(dir, ['rev-parse', 'work-ledger'])).toBe(before);
    },
  );

  test('when the caller says that it may stand, then it is written', async () => {
    await using allowing = await openLedger({ dir, actor: 'ada', allow_secrets: true });
    const { title } = await allowing.createWork({ title: `Use ${TOKEN}` });
    expect(title).toContain(TOKEN);
  });

  test('when it is imported, then its record is told as refused, and the others are there', async () => {
    const issue = (name: string, description: string): string =>
      JSON.stringify({
        id: name,
        title: name,
        description,
        status: 'open',
        created_at: '2026-01-01T00:00:00Z',
      });
    const input = { from: 'beads', text: `${issue('k-1', TOKEN)}\n${issue('k-2', 'plain')}` } as const;
    const { ids, failed } = await ledger.admin.importWork(input);
    expect([...ids.keys()]).toEqual(['k-2']);
    expect(failed).toMatchObject([{ source_id: 'k-1', error: { code: 'INVALID_INPUT' } }]);
    await using allowing = await openLedger({ dir, actor: 'ada', allow_secrets: true });
    expect([...(await allowing.admin.importWork(input)).ids.keys()]).toEqual(['k-1']);
  });
});
