import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type AgentEvent,
  type AgentRunContext,
  type CommandAgentOptions,
  commandAgent,
} from '../../../src/agents.ts';
import type { WorkItem } from '../../../src/index.ts';
import { isGone } from '../../helpers/processes.ts';
import { makeWorld } from '../../helpers/replicas.ts';
import { makeTempFolder, type TempFolder } from '../../helpers/temp-repo.ts';

let folder: TempFolder;
let item: WorkItem;
beforeEach(async () => {
  folder = await makeTempFolder();
  const [ada] = (await makeWorld(['ada'])).replicas;
  item = (await ada?.ledger.createWork({ title: 'One `thing`' })) as WorkItem;
});
afterEach(() => folder.cleanup());

const contextOf = (more: Partial<AgentRunContext> = {}): AgentRunContext => ({
  actor: 'ada',
  work_id: item.id,
  item,
  execution_id: 'exec-1',
  epoch: 4,
  attempt: 2,
  max_attempts: 3,
  checkpoint: undefined,
  system_prompt: undefined,
  ledger_dir: '/somewhere',
  ...more,
});

async function run(
  script: string,
  options: Partial<CommandAgentOptions> & {
    signal?: AbortSignal;
    onEvent?: (event: AgentEvent) => void;
  } = {},
): Promise<{ events: AgentEvent[]; error: unknown }> {
  const { signal = new AbortController().signal, onEvent, ...rest } = options;
  const agent = commandAgent({ command: 'sh', args: ['-c', script], cwd: folder.path, ...rest });
  const events: AgentEvent[] = [];
  try {
    const controls = { signal, checkpoint: async () => 'remote' as const, runs: () => undefined };
    for await (const event of agent(contextOf(), 'Do it', controls)) {
      events.push(event);
      onEvent?.(event);
    }
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const texts = (events: readonly AgentEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'text' ? [event.text] : []));

describe('given a program', () => {
  test('when it runs, then it has the item on standard input, variables, and a prompt file that goes afterwards', async () => {
    const { events, error } = await run(
      'cat; printenv WL_WORK_ID WL_EXECUTION_ID WL_EPOCH WL_ACTOR WL_ATTEMPT WL_MAX_ATTEMPTS WL_DIR; echo $WL_PROMPT_FILE; grep -c "Do it" $WL_PROMPT_FILE',
    );
    expect(error).toBeUndefined();
    const [json = '', ...rest] = texts(events);
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(item)));
    expect(rest.slice(0, 7)).toEqual([item.id, 'exec-1', '4', 'ada', '2', '3', '/somewhere']);
    expect(rest[8]).toBe('1');
    expect(existsSync(rest[7] ?? '')).toBe(false);
  });

  test('when texts of its item look like commands, then no shell, argument or variable has them', async () => {
    const evil = '$(touch pwned) `touch pwned`; touch pwned #';
    item = {
      ...item,
      title: evil,
      description: evil,
      labels: [evil],
      acceptance: [{ text: evil, done: false }],
    };
    const { events, error } = await run('cat > item; env; cat "/proc/$$/cmdline" | tr "\\0" "\\n"');
    expect(error).toBeUndefined();
    expect(texts(events).filter((line) => line.includes('pwned'))).toEqual([]);
    expect(existsSync(join(folder.path, 'pwned'))).toBe(false);
  });

  test('when its prompt is written, then no other user can read it', async () => {
    const { events } = await run('stat -c %a "$WL_PROMPT_FILE" "$(dirname "$WL_PROMPT_FILE")"');
    const [file = '', around = ''] = texts(events);
    expect(around).toBe('700');
    expect(file).toMatch(/^6/);
  });

  test('when it prints lines of JSON, then they are events, and any other line is text', async () => {
    const lines = [
      '{"type":"checkpoint","step":"half","artifacts":["a"],"data":{"n":1},"at":"never"}',
      '{"type":"progress","step":"reading","percent":40}',
      '{"type":"result","result":{"tests":3}}',
      '{"type":"result","result":"all of it"}',
      '{"type":"result","commit":"abc"}',
      '{"type":"checkpoint","step":5}',
      '{"type":"unknown"}',
      '{broken',
      'plain',
    ];
    const { events } = await run(`cat <<'END'\n${lines.join('\n')}\nEND`);
    expect(events).toEqual([
      { type: 'checkpoint', step: 'half', artifacts: ['a'], data: { n: 1 } },
      { type: 'progress', step: 'reading', percent: 40 },
      { type: 'result', result: { tests: 3 } },
      { type: 'result', result: { result: 'all of it' } },
      { type: 'result', result: { commit: 'abc' } },
      ...lines.slice(5).map((text) => ({ type: 'text', text })),
    ]);
  });

  test.each([
    ['exit 1', 'Error', 'it exited with 1'],
    ['echo first >&2; echo "the last word" >&2; exit 3', 'Error', 'it exited with 3: first\nthe last word'],
    ['kill -9 $$', 'Error', 'it was ended by SIGKILL'],
    ['exit 10', 'AgentBlocked', 'it exited with 10'],
    ['exit 75', 'AgentDeferred', 'it exited with 75'],
  ])('when it ends by `%s`, then that is a failure of the kind %s', async (script, name, message) => {
    expect((await run(script)).error).toMatchObject({ name, message });
  });

  test('when it cannot be started, then the agent is of no use', async () => {
    expect((await run('', { command: './not-there' })).error).toMatchObject({ name: 'AgentUnusable' });
    expect((await run('', { cwd: join(folder.path, 'not-there') })).error).toMatchObject({
      name: 'AgentUnusable',
    });
  });

  test('when it never reads its input, then that is no failure', async () => {
    item = { ...item, description: 'x'.repeat(60_000), context: { big: 'y'.repeat(200_000) } };
    expect((await run('exec <&-; echo done')).error).toBeUndefined();
  });
});

describe('given odd output', () => {
  test('when there is no break at its end, then the last line is still told', async () => {
    expect(texts((await run('printf "a\\nb"')).events)).toEqual(['a', 'b']);
  });

  test('when it is not text, then it is told as far as it is', async () => {
    const { events, error } = await run(`printf '\\377\\000\\n\\303'`);
    expect(error).toBeUndefined();
    expect(texts(events)).toEqual(['\ufffd\u0000', '\ufffd']);
  });

  test('when lines are without end, then each is cut, and the next is whole', async () => {
    const { events } = await run('head -c 3000000 /dev/zero | tr "\\0" x; echo; echo after');
    const [long, after] = events;
    expect(long).toMatchObject({ type: 'text', truncated: true });
    expect(texts(events)[0]?.length).toBeLessThan(20_000);
    expect(after).toEqual({ type: 'text', text: 'after' });
  });

  test('when a line is written over, then the last of it counts', async () => {
    expect(texts((await run('printf "10%%\\r50%%\\r100%%\\nWindows\\r\\n"')).events)).toEqual([
      '100%',
      'Windows',
    ]);
  });

  test('when there is much of it, then all is told, in order', async () => {
    const { events } = await run('seq 1 20000');
    expect(texts(events)).toEqual(Array.from({ length: 20_000 }, (_, n) => String(n + 1)));
  });

  test('when it writes to standard error, then that is told as such', async () => {
    const { events } = await run('echo oops >&2');
    expect(events).toEqual([{ type: 'text', text: 'oops', stream: 'stderr' }]);
  });

  test('when it closes its output and lives, then its end is waited for', async () => {
    expect((await run('exec >&- 2>&-; sleep 0.3; exit 4')).error).toMatchObject({
      message: 'it exited with 4',
    });
  });

  test('when something it started keeps the output open, then that goes with it', async () => {
    const { events, error } = await run('sleep 600 & echo $!; exit 0');
    expect(error).toBeUndefined();
    const [pid] = texts(events);
    await expect.poll(() => isGone(Number(pid))).toBe(true);
  });

  test('when something that got away from it keeps the output open, then the output is left', async () => {
    const { events, error } = await run('setsid sleep 5 & echo begun; exit 0');
    expect(error).toBeUndefined();
    expect(texts(events)).toEqual(['begun']);
  });
});

describe('given a program that is cancelled', () => {
  const CANCELLED = new Error('cancelled');

  test('when it listens, then what it says on its way out is told', async () => {
    const cancel = new AbortController();
    const { events, error } = await run(
      'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.05; done',
      {
        signal: cancel.signal,
        onEvent: () => cancel.abort(CANCELLED),
      },
    );
    // The shell itself may say what became of its children.
    const own = events.filter((event) => !('stream' in event));
    expect(texts(own)).toEqual(['up', 'bye']);
    expect(error).toMatchObject({ message: expect.stringMatching(/^it exited with 7/) });
  });

  test('when it and what it started do not listen, then they are killed', async () => {
    const cancel = new AbortController();
    const { events, error } = await run(
      `trap "" TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait; while :; do sleep 0.05; done`,
      { signal: cancel.signal, kill_grace_s: 0.1, onEvent: () => cancel.abort(CANCELLED) },
    );
    expect(error).toMatchObject({ message: 'it was ended by SIGKILL' });
    const [pid] = texts(events);
    await expect.poll(() => isGone(Number(pid))).toBe(true);
  });

  test('when it stands still, then it is ended all the same', async () => {
    const cancel = new AbortController();
    const { error } = await run('echo up; kill -STOP $$', {
      signal: cancel.signal,
      onEvent: () => cancel.abort(CANCELLED),
    });
    expect(error).toMatchObject({ message: 'it was ended by SIGTERM' });
  });

  test('when nobody reads what it prints any more, then it is ended', async () => {
    const agent = commandAgent({ command: 'sh', args: ['-c', 'echo $$; while :; do echo more; done'] });
    const controls = {
      signal: new AbortController().signal,
      checkpoint: async () => 'remote' as const,
      runs: () => undefined,
    };
    let pid = 0;
    for await (const event of agent(contextOf(), '', controls)) {
      pid = event.type === 'text' ? Number(event.text) : 0;
      break;
    }
    await expect.poll(() => isGone(pid)).toBe(true);
  });
});
