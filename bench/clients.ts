import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneAlone } from './clone.ts';
import { measure, measureInterleaved, type Subject } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { figuresOf } from './process/line.ts';
import { NODE, wl } from './program.ts';
import { atMost, count, type Row, type Suite } from './row.ts';
import { run, tell, withFolder } from './workspace.ts';

/** What a hook may take beyond Node, of CPU. */
const [READS_MS, WRITES_MS] = [40, 150];
const SESSION = 'bench';

/** What hooks of a client that runs agents cost its session. */
export const clientsSuite: Suite<BenchOptions> = {
  name: 'clients',
  run: async ({ sizes, runs, oneDay }) => {
    const rows: Row[] = [];
    for (const items of sizes)
      rows.push(...(await withFolder((folder) => measureSize(folder, { items, oneDay }, runs))));
    return rows;
  },
};

async function measureSize(
  folder: string,
  plan: Parameters<typeof cloneAlone>[2],
  runs: number,
): Promise<Row[]> {
  tell(`measuring the hooks of a client with ${plan.items} items, ${runs} runs ...`);
  const cwd = await cloneAlone(folder, 'session', plan);
  // By the execution that the environment of a benchmark names, as a session's would.
  const [program = '', ...claim] = wl('next', '--claim');
  await run(cwd, program, claim);
  const hook = (event: string, input: (n: number) => object): Subject => ({
    what: `wl hook claude ${event}`,
    cwd,
    before: (n) =>
      writeFile(join(folder, `${event}.json`), JSON.stringify({ ...input(n), session_id: SESSION, cwd })),
    command: () => [
      'sh',
      '-c',
      'exec "$@" < "$0"',
      join(folder, `${event}.json`),
      ...wl('hook', 'claude', event),
    ],
  });
  const node: Subject = { what: 'node -e 0', cwd, command: () => NODE };
  const begin = hook('SessionStart', () => ({ source: 'startup' }));
  const stop = hook('Stop', () => ({ stop_hook_active: false }));
  const write = hook('PostToolUse', (n) => ({
    tool_name: 'TodoWrite',
    tool_input: { todos: [{ content: `run ${n}`, status: 'in_progress' }] },
  }));
  const hooks = [begin, stop, write];
  for (const subject of hooks) {
    await subject.before?.(-1);
    await measure(subject.command(-1), cwd);
  }
  const of = await measureInterleaved([node, ...hooks], runs);
  const table = `A client's hooks at ${count(plan.items)} items (medians; CPU is user + system, children counted)`;
  const line = (subject: Subject): Row => ({
    table,
    what: subject.what,
    figures: figuresOf(of(subject), of(node)),
  });
  const held = (subject: Subject, most: number): Row => ({
    ...line(subject),
    target: atMost(of(subject).cpu - of(node).cpu, most, 'ms of CPU beyond node'),
  });
  return [line(node), held(begin, READS_MS), held(stop, READS_MS), held(write, WRITES_MS)];
}
