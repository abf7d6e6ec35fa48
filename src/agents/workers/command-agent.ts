import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonMap, WorkItem } from '../../domain/item.ts';
import { markData } from '../../domain/marked-data.ts';
import { escapeUnsafe } from '../../domain/text.ts';
import { isJson, isJsonMap } from '../../domain/values.ts';
import type { CheckpointInput } from '../../domain/verbs/checkpoint.ts';
import { TEMPLATES } from '../../ledger/branch-files.ts';
import {
  type Agent,
  AgentBlocked,
  AgentDeferred,
  type AgentEvent,
  type AgentRunContext,
  AgentUnusable,
} from './agent.ts';
import { type OutputLine, type ProcessEnd, ProcessGroup, type ProcessLine } from './process-group.ts';

/** The item was blocked or escalated; it cannot be done now (`EX_TEMPFAIL`). */
const BLOCKED = 10;
const TRY_LATER = 75;
const KILL_GRACE_S = 5;

export interface CommandAgentOptions {
  command: string;
  args?: readonly string[] | undefined;
  /** On top of this process's environment; `WL_…` variables of the execution come last. */
  env?: Readonly<Record<string, string>> | undefined;
  cwd?: string | undefined;
  /** A template for the prompt file, instead of `templates/prompt.md`. */
  prompt?: string | undefined;
  /** Seconds that the process has to end once it was asked to. Default 5. */
  kill_grace_s?: number | undefined;
}

/**
 * An agent that is a process, started without a shell. It gets the item as JSON on standard input, `WL_…` variables, and a
 * prompt file. Lines of its standard output are events: text, or JSON with the type `checkpoint`, `progress` or `result`.
 * Its exit status decides: 0 is completed, 10 left as it was blocked, 75 tried again later, any other failed with the end of
 * its standard error.
 */
export function commandAgent(options: CommandAgentOptions): Agent {
  const { command, args = [], cwd, kill_grace_s = KILL_GRACE_S } = options;
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
        input: `${escapeUnsafe(JSON.stringify(context.item))}\n`,
        signal,
        kill_grace_ms: kill_grace_s * 1000,
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
    WL_ACTOR: context.actor,
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

/** Characters of a line of text that are passed on. */
const TEXT_LENGTH = 16_000;

/** What a process said by a line of its standard output: an event of JSON, or text, which every other line is. */
function readEvent({ text, truncated }: OutputLine): AgentEvent {
  const event = truncated || !text.startsWith('{') ? undefined : readJson(text);
  return event ?? textEvent({ text, truncated });
}

function textEvent({ text, truncated }: OutputLine): AgentEvent & { type: 'text' } {
  const short = text.slice(0, TEXT_LENGTH).toWellFormed();
  return truncated || short.length < text.length
    ? { type: 'text', text: short, truncated: true }
    : { type: 'text', text };
}

function readJson(text: string): AgentEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Text that only begins like JSON.
    return undefined;
  }
  if (!isJsonMap(value)) return undefined;
  const { type, ...rest } = value;
  switch (type) {
    case 'checkpoint':
      return readCheckpoint(rest);
    case 'progress':
      return readProgress(rest);
    case 'result':
      return { type, result: readResult(rest) };
    default:
      return undefined;
  }
}

const TEXTS = ['step', 'summary', 'next_action', 'work_ref'] as const;
const LISTS = ['artifacts', 'effects'] as const;

function readCheckpoint(given: JsonMap): AgentEvent | undefined {
  const input: CheckpointInput = {};
  for (const key of TEXTS) {
    const value = given[key];
    if (value === undefined) continue;
    if (typeof value !== 'string') return undefined;
    input[key] = value;
  }
  for (const key of LISTS) {
    const value = given[key];
    if (value === undefined) continue;
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined;
    input[key] = value;
  }
  if (given.data !== undefined) input.data = given.data;
  return { type: 'checkpoint', ...input };
}

function readProgress({ step, percent }: JsonMap): AgentEvent {
  return {
    type: 'progress',
    ...(typeof step === 'string' && { step: step.slice(0, TEXT_LENGTH) }),
    ...(typeof percent === 'number' && { percent }),
  };
}

/** `{"type":"result","result":{…}}`; a result that is no map becomes one, and without one, all other keys are it. */
function readResult(given: JsonMap): JsonMap {
  if (!('result' in given)) return given;
  const result: Json | undefined = given.result;
  if (result === undefined || !isJson(result)) return {};
  return isJsonMap(result) ? result : { result };
}

const TEMPLATE = join(TEMPLATES, 'prompt.md');

/**
 * A prompt as a file for an agent that is a program: what to do, the item, where to resume, how to tell. What the ledger says of the
 * item is marked as data. In it each text of several lines is indented, so that none passes for another's.
 */
export function renderPrompt(
  context: AgentRunContext,
  prompt: string,
  template = readFileSync(TEMPLATE, 'utf8'),
): string {
  const { checkpoint, work_id, attempt, max_attempts, actor, system_prompt } = context;
  const said = checkpoint === undefined ? [] : [JSON.stringify(checkpoint, null, 2)];
  const { note, blocks } = markData([describe(context.item, prompt), ...said]);
  const [item, resume] = blocks;
  const values: Record<string, string> = {
    id: work_id,
    actor,
    attempt: String(attempt),
    max_attempts: String(max_attempts),
    system_prompt: system_prompt === undefined ? '' : `${system_prompt}\n\n`,
    item: `${note}\n\n${item}`,
    resume:
      checkpoint === undefined
        ? 'Nobody recorded anything before you: begin at the beginning.'
        : `Attempt ${checkpoint.attempt} got this far, and what it did is done. Go on from here:\n\n${resume}`,
  };
  // In one pass, so that nothing in a value is taken for a place to fill.
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

function describe(item: WorkItem, prompt: string): string {
  const { title, type, priority, labels, acceptance, context, comments } = item;
  return [
    `Title: ${title}`,
    `Type: ${type}, priority: ${priority}`,
    ...(labels.length === 0 ? [] : [`Labels: ${labels.join(', ')}`]),
    ...(prompt === '' || prompt === title ? [] : ['', 'Description:', indent(prompt)]),
    ...(acceptance.length === 0 ? [] : ['', 'Done when:']),
    ...acceptance.map(({ text, done }) => indent(`- [${done ? 'x' : ' '}] ${text}`)),
    ...(Object.keys(context).length === 0 ? [] : ['', `Context: ${JSON.stringify(context, null, 2)}`]),
    ...comments.flatMap(({ at, by, body }) => ['', `Comment of ${by}, ${at}:`, indent(body)]),
  ].join('\n');
}

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');
