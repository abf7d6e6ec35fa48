import { LedgerError } from '../index.ts';

/** What a model can give a tool: a kind of value, and what it is for where its name does not say it. */
type Kind = 'text' | 'texts' | 'flag' | 'count' | 'map' | readonly string[];
export interface Parameter {
  kind: Kind;
  about?: string;
  needed?: true;
}
export type Parameters = Readonly<Record<string, Parameter>>;

interface ValueOf {
  text: string;
  texts: string[];
  flag: boolean;
  count: number;
  map: Record<string, unknown>;
}
type Value<K extends Kind> = K extends keyof ValueOf
  ? ValueOf[K]
  : K extends readonly (infer W)[]
    ? W
    : never;

/** What was given, by name; nothing where it was left out. */
export type Given<P extends Parameters> = {
  [N in keyof P]: P[N] extends { needed: true } ? Value<P[N]['kind']> : Value<P[N]['kind']> | undefined;
};

type JsonSchema = Record<string, unknown>;

/** The JSON Schema of what a tool takes: as few words as say it, since each conversation pays for them. */
export function schemaOf(parameters: Parameters): JsonSchema {
  const required = Object.keys(parameters).filter((name) => parameters[name]?.needed);
  const properties = Object.fromEntries(
    Object.entries(parameters).map(([name, { kind, about }]) => [
      name,
      { ...schemaOfKind(kind), ...(about === undefined ? {} : { description: about }) },
    ]),
  );
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function schemaOfKind(kind: Kind): JsonSchema {
  switch (kind) {
    case 'text':
      return { type: 'string' };
    case 'texts':
      return { type: 'array', items: { type: 'string' } };
    case 'flag':
      return { type: 'boolean' };
    case 'count':
      return { type: 'integer' };
    case 'map':
      return { type: 'object' };
    default:
      return { type: 'string', enum: kind };
  }
}

/**
 * Reads what a model gave. Models write one text for a list of one, a number in quotes, and `null` for what they leave out: each is
 * taken as it is meant.
 *
 * @throws LedgerError `INVALID_INPUT`, which names the parameter and what it takes
 */
export function readGiven<P extends Parameters>(parameters: P, given: unknown): Given<P> {
  if (!isMap(given)) throw refused('The arguments have to be an object.');
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined)
    throw refused(
      `There is no ${JSON.stringify(unknown)} here.`,
      `There is: ${Object.keys(parameters).join(', ')}`,
    );
  const read = Object.entries(parameters).map(([name, { kind, needed }]) => {
    const value = given[name] ?? undefined;
    if (value === undefined && needed) throw refused(`${name} is required.`);
    return [name, value === undefined ? undefined : readValue(name, kind, value)];
  });
  return Object.fromEntries(read) as Given<P>;
}

function readValue(name: string, kind: Kind, value: unknown): unknown {
  switch (kind) {
    case 'text':
      if (typeof value === 'string') return value;
      if (typeof value === 'number') return String(value);
      throw refused(`${name} has to be a text.`);
    case 'texts': {
      const list = Array.isArray(value) ? value : [value];
      if (list.every((one) => typeof one === 'string')) return list;
      throw refused(`${name} has to be a list of texts.`);
    }
    case 'flag':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      throw refused(`${name} has to be true or false.`);
    case 'count': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
      throw refused(`${name} has to be a whole number.`);
    }
    case 'map': {
      const map = typeof value === 'string' ? parsed(value) : value;
      if (isMap(map)) return map;
      throw refused(`${name} has to be an object.`);
    }
    default:
      if (kind.some((one) => one === value)) return value;
      throw refused(`${name} cannot be ${JSON.stringify(value)}.`, `It can be: ${kind.join(', ')}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refused = (message: string, hint?: string): LedgerError =>
  new LedgerError('INVALID_INPUT', message, hint === undefined ? {} : { hint });
