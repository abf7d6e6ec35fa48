import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentEvent, AgentRunContext } from './agent.ts';
import { AgentBlocked, AgentDeferred, AgentUnusable } from './errors.ts';
import { type ProcessEnd, ProcessGroup, type ProcessLine } from './process-group.ts';
import { renderPrompt } from './prompt.ts';
import { readEvent, textEvent } from './read-event.ts';

/** The item was blocked or escalated; it cannot be done now (`EX_TEMPFAIL`). */
const BLOCKED = 10;
const TRY_LATER = 75;
const KILL_GRACE_MS = 5_000;

export interface CommandAgentOptions {
  command: string;
  args?: readonly string[] | undefined;
  /** On top of this process's environment; `WL_…` variables of the execution come last. */
  env?: Readonly<Record<string, string>> | undefined;
  cwd?: string | undefined;
  /** A template for the prompt file, instead of `templates/prompt.md`. */
  prompt?: string | undefined;
  /** Milliseconds that the process has to end once it was asked to. Default 5,000. */
  killGraceMs?: number | undefined;
}

/**
 * An agent that is a process, started without a shell. It gets the item as JSON on standard input, `WL_…` variables, and a
 * prompt file. Lines of its standard output are events: text, or JSON with the type `checkpoint`, `progress` or `result`.
 * Its exit status decides: 0 is completed, 10 left as it was blocked, 75 tried again later, any other failed with the end of
 * its standard error.
 */
export function commandAgent(options: CommandAgentOptions): Agent {
  const { command, args = [], cwd, killGraceMs = KILL_GRACE_MS } = options;
  return async function* run(context, prompt, { signal, runs }) {
    const folder = await mkdtemp(join(tmpdir(), 'wl-work-'));
    let group: ProcessGroup | undefined;
    try {
      const promptFile = join(folder, 'prompt.md');
      await writeFile(promptFile, renderPrompt(context, prompt, options.prompt));
      signal.throwIfAborted();
      group = new ProcessGroup({
        command,
        args,
        cwd,
        env: { ...process.env, ...options.env, ...variables(context, promptFile) },
        input: `${JSON.stringify(context.item)}\n`,
        signal,
        kill_grace_ms: killGraceMs,
      });
      if (group.pid !== undefined) runs(group.pid);
      for await (const line of group.lines()) yield eventOf(line);
      judge(command, await group.ended);
    } finally {
      group?.kill();
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function variables(context: AgentRunContext, promptFile: string): Record<string, string> {
  const { ledger_dir, swarm_name, session_id } = context;
  return {
    WL_WORK_ID: context.work_id,
    WL_EXECUTION_ID: context.execution_id,
    WL_EPOCH: String(context.epoch),
    WL_ACTOR: context.full_name,
    WL_ATTEMPT: String(context.attempt),
    WL_MAX_ATTEMPTS: String(context.max_attempts),
    WL_PROMPT_FILE: promptFile,
    ...(ledger_dir !== undefined && { WL_DIR: ledger_dir }),
    ...(swarm_name !== undefined && { WL_SWARM: swarm_name }),
    ...(session_id !== undefined && { WL_SESSION: session_id }),
  };
}

const eventOf = (line: ProcessLine): AgentEvent =>
  line.stream === 'stdout' ? readEvent(line) : { ...textEvent(line), stream: 'stderr' };

function judge(command: string, { code, signal, error, complaints }: ProcessEnd): void {
  if (error !== undefined) throw new AgentUnusable(`${command} cannot be started: ${error.message}`);
  if (code === 0) return;
  const how = signal === null ? `it exited with ${code}` : `it was ended by ${signal}`;
  const message = complaints === '' ? how : `${how}: ${complaints}`;
  if (code === BLOCKED) throw new AgentBlocked(message);
  if (code === TRY_LATER) throw new AgentDeferred(message);
  throw new Error(message);
}
