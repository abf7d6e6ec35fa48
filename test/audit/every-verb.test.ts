import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Command } from '../../src/domain/commands.ts';
import { VERBS } from '../../src/domain/verbs.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { FIRST, SECOND, script, THIRD } from './honest.ts';
import { makeLedger, run } from './ledgers.ts';

const FOURTH = 'WRK-20260103-0004';
const OFFLINE = 'WRK-20260103-k3m9x2ab';

let folder: TempFolder;
beforeEach(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

it('given a ledger in which everything was done that can be done, when it is verified, then nothing is found', async () => {
  const { ledger } = await makeLedger(folder.path);
  const { say, configure, commands } = script(ledger);
  say('create', 'ada', { fields: { title: 'Parent', labels: ['b', 'a', 'b'], idempotency_key: 'parent' } });
  say('create', 'ada', { fields: { title: 'Child', parent_id: FIRST, priority: 'high', owner: 'bob' } });
  say('create', 'ada', { id: OFFLINE, fields: { title: 'Made offline', dependencies: [SECOND] } });
  configure({ lease_ttl_s: 60 });
  configure({ max_attempts: 4 });
  configure({ limits: { owner: { bob: 2 }, label: { x: 1 } } });
  configure({ limits: { owner: { bob: 3 }, label: { x: null } } });
  say('assign', 'ada', { id: OFFLINE, owner: 'bob', reason: 'knows it' });
  say('assign', 'ada', { id: OFFLINE, owner: undefined });
  say('update', 'ada', {
    id: OFFLINE,
    patch: {
      set: {
        title: 'Work-Verb: complete',
        type: 'bug',
        priority: 'critical',
        description: '--- \n\ntext\n',
        acceptance: [{ text: 'works', done: true }],
        parent_id: FIRST,
        swarm_name: 'swarm',
        job_id: 'job',
        not_before: '2026-01-03T00:00:00.000Z',
        max_attempts: 9,
      },
      context: { files: ['a.ts'], nothing: null, deep: { er: [1, [2, { x: '' }]] } },
      labels: { add: ['z', 'y'] },
      links: { add: [{ kind: 'related', target: FIRST }] },
    },
  });
  say('update', 'ada', {
    id: OFFLINE,
    patch: {
      set: {
        description: null,
        acceptance: [],
        parent_id: null,
        swarm_name: null,
        not_before: null,
      },
      context: { files: null },
      labels: { remove: ['z'], add: ['x'] },
      dependencies: { remove: [SECOND] },
      links: { remove: [{ kind: 'related', target: FIRST }] },
    },
  });
  say('block', 'eve', { id: OFFLINE, reason: 'needs the child', blocker_id: SECOND });
  say('claim', 'bob', { id: SECOND, execution_id: 'exec-1', ttl_s: 30 });
  say('link_execution', 'bob', { id: SECOND, link: 'exec-2', epoch: 1 });
  say('checkpoint', 'bob', {
    id: SECOND,
    checkpoint: { step: 'a', data: [1, null] },
    epoch: 1,
    execution_id: 'exec-2',
  });
  say('block', 'bob', { id: SECOND, reason: 'waits' });
  say('checkpoint', 'bob', { id: SECOND, checkpoint: {} });
  const checkpoint_at = (commands.at(-1) as Command).at;
  say('start', 'bob', { id: SECOND, execution_id: 'exec-2' });
  say('block', 'eve', { id: SECOND, reason: 'stop', force: true });
  say('unblock', 'ada', { id: SECOND, reason: 'go on' });
  say('release', 'bob', { id: SECOND, epoch: 1 });
  say('start', 'cy', { id: SECOND, execution_id: 'exec-3' });
  say('recover', 'ada', {
    id: SECOND,
    reason: 'lease expired',
    observed: { epoch: 2, execution_id: 'exec-3', checkpoint_at },
  });
  say('claim', 'bob', { id: SECOND, execution_id: 'exec-4' });
  say('fail', 'bob', { id: SECOND, error: 'line one\nline two\n', epoch: 3 });
  say('retry', 'ada', { id: SECOND, reset: true, not_before: '2026-01-03T10:00:00.000Z', reason: 'again' });
  say('claim', 'bob', { id: SECOND, execution_id: 'exec-5' });
  say('submit', 'bob', { id: SECOND, result: { tests: 'pass', nothing: [] } });
  say('reject', 'ada', { id: SECOND, reason: 'not yet' });
  say('submit', 'bob', { id: SECOND, result: { early: true } });
  say('withdraw', 'bob', { id: SECOND, reason: 'one more test', epoch: 4 });
  say('submit', 'bob', { id: SECOND, result: undefined });
  // This unblocks the one that was made offline, by a commit of its own.
  say('approve', 'ada', { id: SECOND, reason: 'good' });
  say('claim', 'cy', { id: OFFLINE, execution_id: 'exec-6' });
  say('complete', 'cy', { id: OFFLINE, result: { ok: true }, epoch: 1 });
  say('reopen', 'ada', { id: OFFLINE, reason: 'broke again' });
  say('cancel', 'ada', { id: OFFLINE, reason: 'never mind' });
  say('delete', 'ada', { id: OFFLINE, reason: 'a mistake' });
  say('create', 'ada', { fields: { title: 'Failing', max_attempts: 1 } });
  say('claim', 'cy', { id: THIRD, execution_id: 'exec-7' });
  const last = { epoch: 1, execution_id: 'exec-7', checkpoint_at: undefined };
  say('recover', 'ada', { id: THIRD, reason: 'lease expired', observed: last });
  const criteria = ['works', 'works', 'is told'].map((text, at) => ({ text, done: at === 0 }));
  say('update', 'ada', { id: FIRST, patch: { set: { acceptance: criteria } } });
  say('accept', 'eve', { id: FIRST, met: ['is told'], open: ['works'] });
  say('accept', 'eve', { id: FIRST, met: ['works'] });
  configure({ acceptance: 'required' });
  say('comment', 'eve', { id: FIRST, body: ' Two\n\nparagraphs. ' });
  say('import', 'ada', {
    id: FOURTH,
    item: {
      id: FOURTH,
      title: 'From elsewhere',
      type: 'task',
      priority: 'low',
      status: 'completed',
      labels: ['old'],
      description: '',
      acceptance: [],
      context: { imported: { from: 'csv' } },
      dependencies: [FIRST],
      links: [],
      created_at: '2020-01-01T00:00:00.000Z',
      created_by: 'someone',
      updated_at: '2020-01-02T00:00:00.000Z',
      attempts: 0,
      comments: [],
    },
  });
  const outcomes = await run(ledger, commands);
  expect(outcomes.map(({ kind }) => kind)).toEqual(commands.map(() => 'accepted'));

  const seen: number[] = [];
  const { findings, ...counted } = await ledger.audit.verify({
    onProgress: ({ commits }) => seen.push(commits),
  });
  expect(findings).toEqual([]);
  // The root and five changes of settings are no transitions; the unblocking was nobody's command.
  const transitions = commands.length - 5 + 1;
  const { tip } = await ledger.query.asOf();
  expect(counted).toEqual({
    ok: true,
    from: null,
    tip,
    commits: transitions + 6,
    transitions,
    items: 4,
    acknowledged: [],
  });
  expect(seen).toEqual([transitions + 6]);
  const verbs = (await ledger.audit.log({ limit: 1_000 })).map(({ verb }) => verb);
  expect(VERBS.filter((verb) => !verbs.includes(verb))).toEqual([]);
  expect(THIRD).toBe((await ledger.query.list({ all: true })).find(({ title }) => title === 'Failing')?.id);
});
