import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Said, type Workplace, wl, wlProcess } from './workplace.ts';

const places: Workplace[] = [];
let place: Workplace;
let clone: string;
/** An item that is ready. */
let work: string;

beforeEach(async () => {
  place = await makeWorkplace();
  places.push(place);
  clone = await place.clone('ada');
  await wl(clone, ['init']);
  work = idIn(await wl(clone, ['create', 'Ship it', '--priority', 'high']));
});
afterAll(() => Promise.all(places.map((one) => one.cleanup())));

const SESSION = '0fd2d0c4-7c6f-4f5a-9d0e-1e3b6f0a2b11';
const EXECUTION = `exec-claude-${SESSION}`;
const asSession = { env: { WL_EXECUTION_ID: EXECUTION } };

interface Event {
  client?: string;
  session?: string;
  env?: Record<string, string>;
  [field: string]: unknown;
}

/** Calls the hook as its client does. */
function hook(
  event: string,
  { client = 'claude', session = SESSION, env = {}, ...fields }: Event = {},
): Promise<Said> {
  const payload = { session_id: session, sessionId: session, cwd: clone, hook_event_name: event, ...fields };
  return wl(clone, ['hook', client, event], { input: JSON.stringify(payload), env });
}

const NOTHING = { status: 0, stdout: '', stderr: '' };

interface Answer {
  hookSpecificOutput?: { hookEventName: string; additionalContext: string };
  decision?: string;
  reason?: string;
}
const answer = (said: Said): Answer => JSON.parse(said.stdout) as Answer;
const context = (said: Said): string => answer(said).hookSpecificOutput?.additionalContext ?? '';
const item = async (id: string): Promise<Record<string, unknown>> =>
  (await wl(clone, ['show', id, '--json'])).data;
const commits = async (): Promise<number> =>
  Number(await runGit(clone, ['rev-list', '--count', 'refs/heads/work-ledger']));

describe('given a session of Claude Code', () => {
  test.each(['startup', 'resume', 'clear', 'compact'])(
    'when it begins by %s, then it is told where it stands and bound as its execution',
    async (source) => {
      const file = join(place.path, 'session.env');
      const said = await hook('SessionStart', { source, env: { CLAUDE_ENV_FILE: file } });
      expect(said.status).toBe(0);
      expect(said.stderr).toBe('');
      expect(answer(said).hookSpecificOutput?.hookEventName).toBe('SessionStart');
      expect(context(said)).toContain(`as execution ${EXECUTION} (your shell has it in WL_EXECUTION_ID)`);
      expect(context(said)).toContain(`${work} high task "Ship it"`);
      expect(await readFile(file, 'utf8')).toBe(`export WL_EXECUTION_ID='${EXECUTION}'\n`);
    },
  );

  test('when its client sets no variables for hooks, then the agent is told to name its execution', async () => {
    const said = await hook('SessionStart', { source: 'startup' });
    expect(context(said)).toContain(`Begin each call of it with: WL_EXECUTION_ID=${EXECUTION} wl`);
  });

  test('when it is taken up again, then it is told what it holds, its checkpoint, and the answers that arrived', async () => {
    await wl(clone, ['claim', work], asSession);
    await wl(clone, ['checkpoint', work, '--step', 'half of it', '--next', 'the rest'], asSession);
    const question = idIn(await wl(clone, ['escalate', work, 'Which region?'], asSession));
    await wl(clone, ['answer', question, 'eu'], { env: { WL_ACTOR: 'bob' } });
    const said = context(await hook('SessionStart', { source: 'resume' }));
    expect(said).toContain('You hold:');
    expect(said).toContain('next "the rest", step "half of it"');
    expect(said).toContain('answered: "Which region?" "eu"');
  });

  test('when another one works in the same clone, then neither acts on what the other holds', async () => {
    const other = { env: { WL_EXECUTION_ID: 'exec-claude-other' } };
    const second = idIn(await wl(clone, ['create', 'Another thing']));
    await wl(clone, ['claim', work], asSession);
    await wl(clone, ['claim', second], other);
    expect((await wl(clone, ['resume', '-q'], asSession)).stdout).toBe(`${work}\n`);
    expect((await wl(clone, ['resume', '-q'], other)).stdout).toBe(`${second}\n`);
    const refused = await wl(clone, ['checkpoint', work, '--step', 'x'], other);
    expect(refused.status).toBe(5);
    await hook('SessionEnd', { session: 'other', reason: 'exit' });
    expect((await item(work)).checkpoint).toBeUndefined();
    const said = context(await hook('SessionStart', { session: 'other', source: 'startup' }));
    expect(said).toContain(`Other executions of this clone hold:\n  ${work} "Ship it"`);
  });

  test('when the one before it has ended, then it takes its item over by one command', async () => {
    await wl(clone, ['claim', work], asSession);
    const next = { env: { WL_EXECUTION_ID: 'exec-claude-next' } };
    const adopted = await wl(clone, ['adopt', work], next);
    expect(adopted).toMatchObject({
      status: 0,
      stdout: `adopted ${work} from execution ${EXECUTION}, on origin\n`,
    });
    expect((await wl(clone, ['checkpoint', work, '--step', 'on'], next)).status).toBe(0);
    expect((await wl(clone, ['checkpoint', work, '--step', 'on'], asSession)).status).toBe(5);
  });

  test.each(['PreCompact', 'SessionEnd'])(
    'when %s comes, then what is known goes into the checkpoint, here alone until the next call',
    async (event) => {
      await wl(clone, ['claim', work], asSession);
      await wl(
        clone,
        ['checkpoint', work, '--summary', 'in my own words', '--data', '{"mine":1}'],
        asSession,
      );
      const before = await commits();
      expect(await hook(event, { trigger: 'auto', reason: 'exit' })).toMatchObject(NOTHING);
      expect((await item(work)).checkpoint).toMatchObject({
        summary: 'in my own words',
        work_ref: 'main',
        data: { mine: 1, session: { client: 'claude' } },
      });
      expect(await commits()).toBe(before + 1);
      expect(await runGit(place.remote, ['rev-list', '--count', 'work-ledger'])).toBe(String(before));
      // What is known already is not written again.
      expect(await hook(event)).toMatchObject(NOTHING);
      expect(await commits()).toBe(before + 1);
      await wl(clone, ['comment', work, 'next call']);
      expect(await runGit(place.remote, ['rev-list', '--count', 'work-ledger'])).toBe(String(before + 2));
    },
  );

  test('when the agent stops and said nothing of what it holds, then it is asked once for each claim', async () => {
    expect(await hook('Stop', { stop_hook_active: false })).toMatchObject(NOTHING);
    await wl(clone, ['claim', work], asSession);
    const asked = answer(await hook('Stop', { stop_hook_active: false }));
    expect(asked.decision).toBe('block');
    expect(asked.reason).toContain(`You hold ${work} and are about to stop.`);
    expect(await hook('Stop', { stop_hook_active: true })).toMatchObject(NOTHING);
    expect(await hook('Stop', { stop_hook_active: false })).toMatchObject(NOTHING);
    await wl(clone, ['release', work], asSession);
    await wl(clone, ['claim', work], asSession);
    expect(answer(await hook('Stop', { stop_hook_active: false })).decision).toBe('block');
  });

  test('when the agent stops and has just said where the work stands, or holds what is blocked, then it is not asked', async () => {
    await wl(clone, ['claim', work], asSession);
    await wl(clone, ['checkpoint', work, '--step', 'half of it'], asSession);
    expect(await hook('Stop', { stop_hook_active: false })).toMatchObject(NOTHING);
    const later = { WL_NOW: '2026-01-03T11:30:00.000Z' };
    await wl(clone, ['block', work, 'the service is away'], { env: { ...asSession.env, ...later } });
    expect(await hook('Stop', { stop_hook_active: false, env: later })).toMatchObject(NOTHING);
    await wl(clone, ['start', work], { env: { ...asSession.env, ...later } });
    expect(answer(await hook('Stop', { stop_hook_active: false, env: later })).decision).toBe('block');
  });

  test('when the agent writes its list, then the checkpoint of what it claimed last has it', async () => {
    await wl(clone, ['claim', work], asSession);
    const todos = [
      { content: 'read', status: 'completed', activeForm: 'reading' },
      { content: 'write', status: 'in_progress', activeForm: 'writing' },
    ];
    const call = { tool_name: 'TodoWrite', tool_input: { todos } };
    expect(await hook('PostToolUse', call)).toMatchObject(NOTHING);
    expect((await item(work)).checkpoint).toMatchObject({
      step: '1 of 2 done',
      next_action: 'write',
      data: { session: { todos: ['[x] read', '[>] write'] } },
    });
    const before = await commits();
    await hook('PostToolUse', call);
    expect(await commits()).toBe(before);
    // What a hook made of the list is no word of the agent.
    expect(answer(await hook('Stop')).decision).toBe('block');
  });

  test('when the agent has its tasks one by one, then they are kept as they change, and its own words stay', async () => {
    await wl(clone, ['claim', work], asSession);
    await wl(clone, ['checkpoint', work, '--step', 'mine', '--next', 'also mine'], asSession);
    const make = (id: string, subject: string) =>
      hook('PostToolUse', {
        tool_name: 'TaskCreate',
        tool_input: { subject, description: '' },
        tool_response: { task: { id, subject } },
      });
    const change = (taskId: string, status: string) =>
      hook('PostToolUse', { tool_name: 'TaskUpdate', tool_input: { taskId, status } });
    await make('1', 'read');
    await make('2', 'write');
    await make('3', 'rest');
    await change('1', 'completed');
    await change('3', 'deleted');
    expect((await item(work)).checkpoint).toMatchObject({
      step: 'mine',
      next_action: 'also mine',
      data: { session: { todos: ['[x] read', '[ ] write'] } },
    });
  });

  test('when a worker started it for one item, then the worker speaks to it, and only what is known is kept', async () => {
    await wl(clone, ['claim', work], { env: { WL_EXECUTION_ID: 'exec-worker' } });
    const env = { WL_EXECUTION_ID: 'exec-worker', WL_WORK_ID: work };
    expect(await hook('SessionStart', { env })).toMatchObject(NOTHING);
    expect(await hook('Stop', { env })).toMatchObject(NOTHING);
    await hook('SessionEnd', { env });
    expect((await item(work)).checkpoint).toMatchObject({ work_ref: 'main' });
  });

  test('when another session started it, then it is an execution of its own', async () => {
    const said = await hook('SessionStart', { session: 'inner', env: { WL_EXECUTION_ID: EXECUTION } });
    expect(context(said)).toContain('exec-claude-inner');
  });
});

describe('given a hook that cannot do what it is for', () => {
  test.each([
    ['what is no JSON', '{', /is not valid JSON|Expected property name/],
    ['JSON that is no object', '7', /no JSON object/],
    ['a session without a name', '{}', /no name that can be used/],
    ['a session whose name is none', '{"session_id":"a b\\n"}', /no name that can be used/],
  ])(
    'when it gets %s, then it ends with 0, and both the person and standard error are told',
    async (_what, input, why) => {
      const said = await wl(clone, ['hook', 'claude', 'SessionStart'], { input });
      expect(said.status).toBe(0);
      expect(said.stderr).toMatch(why);
      expect(JSON.parse(said.stdout)).toMatchObject({ systemMessage: expect.stringMatching(why) });
    },
  );

  test('when the ledger cannot be written, then it ends with 0 and says so', async () => {
    await wl(clone, ['claim', work], asSession);
    await wl(clone, ['config', 'set', 'max_attempts', '3']);
    const said = await hook('SessionEnd', { env: { WL_ACTOR: 'not\u0000valid' } });
    expect(said.status).toBe(0);
    expect(said.stderr).toMatch(/^wl hook claude SessionEnd: /);
  });

  test('when there is no ledger, no repository, or no such event, then it says nothing', async () => {
    const bare = await place.clone('empty');
    const input = JSON.stringify({ session_id: 's', cwd: bare });
    expect(await wl(bare, ['hook', 'claude', 'SessionStart'], { input })).toMatchObject(NOTHING);
    expect(await wl(place.path, ['hook', 'claude', 'Stop'], { input: '{}' })).toMatchObject(NOTHING);
    expect(await hook('Notification')).toMatchObject(NOTHING);
  });
});

describe('given other clients', () => {
  test.each([
    ['codex', 'SessionStart', { hookSpecificOutput: { hookEventName: 'SessionStart' } }, 'your shell has it'],
    ['gemini', 'SessionStart', { hookSpecificOutput: { hookEventName: 'SessionStart' } }, 'Begin each call'],
    ['copilot', 'sessionStart', { additionalContext: expect.any(String) }, 'Begin each call'],
    ['cursor', 'sessionStart', { env: { WL_EXECUTION_ID: `exec-cursor-${SESSION}` } }, 'your shell has it'],
    ['opencode', 'begin', { execution_id: `exec-opencode-${SESSION}` }, 'your shell has it'],
  ])('when a session of %s begins, then it is told in its own form', async (client, event, form, naming) => {
    const said = await hook(event, { client });
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(said.stdout)).toMatchObject(form);
    expect(said.stdout).toContain(naming);
    expect(said.stdout).toContain(`exec-${client}-${SESSION}`);
  });

  test.each([
    ['codex', 'Stop', { decision: 'block' }, { stop_hook_active: true }],
    ['gemini', 'AfterAgent', { decision: 'deny' }, { stop_hook_active: true }],
    ['copilot', 'agentStop', { decision: 'block' }, { stopHookActive: true }],
    ['cursor', 'stop', { followup_message: expect.any(String) }, { loop_count: 1 }],
    ['opencode', 'idle', { ask: expect.any(String) }, { stop_hook_active: true }],
  ])(
    'when the agent of %s stops, then it is asked in its own form, and not again',
    async (client, event, form, asked) => {
      await wl(clone, ['claim', work], { env: { WL_EXECUTION_ID: `exec-${client}-${SESSION}` } });
      expect(await hook(event, { client, ...asked })).toMatchObject(NOTHING);
      expect(JSON.parse((await hook(event, { client })).stdout)).toMatchObject(form);
      expect(await hook(event, { client })).toMatchObject(NOTHING);
    },
  );

  test.each([
    [
      'codex',
      'PostToolUse',
      { tool_name: 'update_plan', tool_input: { plan: [{ step: 'read', status: 'pending' }] } },
    ],
    [
      'gemini',
      'AfterTool',
      { tool_name: 'write_todos', tool_input: { todos: [{ description: 'read', status: 'pending' }] } },
    ],
    ['opencode', 'todos', { todos: [{ content: 'read', status: 'pending' }] }],
  ])('when the agent of %s writes its list, then it is kept', async (client, event, fields) => {
    await wl(clone, ['claim', work], { env: { WL_EXECUTION_ID: `exec-${client}-${SESSION}` } });
    expect(await hook(event, { client, ...fields })).toMatchObject(NOTHING);
    expect((await item(work)).checkpoint).toMatchObject({
      data: { session: { client, todos: ['[ ] read'] } },
    });
  });

  test('when Codex calls wl, then its thread is the execution that its hooks name', async () => {
    await wl(clone, ['claim', work], { env: { CODEX_THREAD_ID: SESSION } });
    expect((await item(work)).claim).toMatchObject({ execution_id: `exec-codex-${SESSION}` });
  });
});

test('given a hook as a process of its own, when it is called, then it reads a pipe, and of one that goes on for ever it reads no more than it may', async () => {
  const input = JSON.stringify({ session_id: SESSION, cwd: clone });
  const said = await wlProcess(clone, ['hook', 'claude', 'SessionStart'], { input });
  expect(context(said)).toContain(EXECUTION);
  const long = await wlProcess(clone, ['hook', 'claude', 'SessionStart'], {
    input: ' '.repeat(17 * 1024 * 1024),
  });
  expect(long).toMatchObject({
    status: 0,
    stderr: 'wl hook claude SessionStart: More than 16 MiB came in on standard input.\n',
  });
});
