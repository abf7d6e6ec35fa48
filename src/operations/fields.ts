import {
  type CreateOption,
  FIELD_FACTS,
  type FieldFacts,
  type UpdateOption,
  WORK_PRIORITIES,
  WORK_TYPES,
} from '../index.ts';
import { oneOf, readTime, SHORT_PRIORITY } from './typed.ts';

/** Takes a field away. */
export const NONE = 'none';

/** The option of a field. */
interface FieldOption {
  kind: 'text' | 'count';
  flags: string;
  help: string;
}
interface Options {
  create: Record<CreateOption, FieldOption>;
  update: Record<UpdateOption, FieldOption>;
}

/** Options of the fields that `create` or `update` takes, by their keys, in the order of the file. */
export function fieldOptions<V extends keyof Options>(verb: V): Options[V] {
  const options = FIELD_FACTS.flatMap((facts): [string, FieldOption][] => {
    const { key, flags, words } = facts;
    const help = facts[verb];
    const kind = words.startsWith('int') ? 'count' : 'text';
    return flags === undefined || help === undefined ? [] : [[key, { kind, flags, help }]];
  });
  return Object.fromEntries(options) as unknown as Options[V];
}

/**
 * What was typed into the options of fields, by their keys; what was not given is left out.
 *
 * @param readText how a long text is read, which may be in a file
 * @throws LedgerError `INVALID_INPUT` for a value that a field cannot have
 */
export async function readFields(
  verb: keyof Options,
  typed: Readonly<Record<string, unknown>>,
  readText: (typed: string) => Promise<string>,
): Promise<Record<string, unknown>> {
  const read: Record<string, unknown> = {};
  for (const facts of FIELD_FACTS) {
    const value = typed[facts.key];
    if (facts[verb] === undefined || value === undefined) continue;
    if (typeof value !== 'string') read[facts.key] = value;
    else if (verb === 'update' && facts.optional && value === NONE) read[facts.key] = null;
    else read[facts.key] = await readField(facts, value, readText);
  }
  return read;
}

async function readField(
  { words, flags = '' }: FieldFacts,
  typed: string,
  readText: (typed: string) => Promise<string>,
): Promise<string> {
  const option = /--[\w-]+/.exec(flags)?.[0] ?? flags;
  switch (words) {
    case 'type':
      return oneOf(typed, WORK_TYPES, option);
    case 'priority':
      return oneOf(typed, WORK_PRIORITIES, option, SHORT_PRIORITY);
    case 'time':
      return readTime(typed, option);
    case 'text':
      return readText(typed);
    default:
      return typed;
  }
}
