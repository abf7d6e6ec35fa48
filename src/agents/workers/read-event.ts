import type { CheckpointInput } from '../../domain/commands.ts';
import type { Json, JsonMap } from '../../domain/item.ts';
import { isJson, isJsonMap } from '../../domain/values.ts';
import type { AgentEvent } from './agent.ts';
import type { OutputLine } from './lines.ts';

/** Characters of a line of text that are passed on. */
const TEXT_LENGTH = 16_000;

/** What a process said by a line of its standard output: an event of JSON, or text, which every other line is. */
export function readEvent({ text, truncated }: OutputLine): AgentEvent {
  const event = truncated || !text.startsWith('{') ? undefined : readJson(text);
  return event ?? textEvent({ text, truncated });
}

export function textEvent({ text, truncated }: OutputLine): AgentEvent & { type: 'text' } {
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
