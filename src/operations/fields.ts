import {
  type CreateOption,
  FIELD_FACTS,
  type FieldFacts,
  type UpdateOption,
  WORK_PRIORITIES,
} from '../index.ts';
import { oneOf, readTime, refuse, SHORT_PRIORITY } from './typed.ts';

type Typed = FieldFacts['typed'];

/** Takes a field away. */
export const NONE = 'none';

/** The option of a field. */
interface FieldOption {
  kind: 'text' | 'count' | 'list';
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
    const { key, flags, typed } = facts;
    const help = facts[verb];
    const kind = typed.as === 'count' || typed.as === 'list' ? typed.as : 'text';
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
    const option = /--[\w-]+/.exec(facts.flags ?? '')?.[0] ?? '';
    if (typeof value === 'number') read[facts.key] = value;
    else if (verb === 'update' && facts.optional && isNone(value)) read[facts.key] = null;
    else if (!Array.isArray(value))
      read[facts.key] = await readValue(`${value}`, facts.typed, option, readText);
    else if (value.length > 0 && facts.typed.as === 'list') {
      const { of } = facts.typed;
      read[facts.key] = await Promise.all(value.map((one) => readValue(`${one}`, of, option, readText)));
    }
  }
  return read;
}

const isNone = (value: unknown): boolean =>
  value === NONE || (Array.isArray(value) && value.length === 1 && value[0] === NONE);

async function readValue(
  text: string,
  typed: Typed,
  option: string,
  readText: (typed: string) => Promise<string>,
): Promise<unknown> {
  switch (typed.as) {
    case 'word':
      return oneOf(text, typed.words, option, typed.words === WORK_PRIORITIES ? SHORT_PRIORITY : undefined);
    case 'time':
      return readTime(text, option);
    case 'text':
      return readText(text);
    case 'json':
    case 'list':
      return parseJson(await readText(text), option);
    case 'count':
      return Number(text);
    case 'line':
      return text;
    default:
      return typed satisfies never;
  }
}

function parseJson(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse(`${option} needs JSON, not ${JSON.stringify(text)}.`);
  }
}
