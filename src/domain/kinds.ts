// The kinds of values, each a few lines, in one room: a field's row names one, and nothing else says what it may hold.
import type * as Zod from 'zod';
import { byName, type Check, type Field, listOf, mapOf, oneOf, text, whole } from './checks.ts';
import { type ExecutionId, isOp, isWorkId, type OpId, WORK_ID, type WorkId } from './ids.ts';
import type { Json, JsonMap } from './item.ts';
import { faultOfName } from './text.ts';
import {
  ACTOR_LENGTH,
  CLONE_NAME,
  hasNoBrackets,
  isActorName,
  isJson,
  isJsonMap,
  isLine,
  isName,
  isScopePath,
  isTime,
  isWithin,
  LINE_RULES,
  MAX_DEPTH,
  SAID,
} from './values.ts';

type Z = typeof Zod.z;
/** Of a text that names a thing of one sort. */
type NameSchema<Name extends string> = Zod.ZodType<Name, Name>;

/** How a value is typed on a command line: a line as it is, a list by giving its option again, what has no form of its own as JSON. */
export type Typed =
  | { as: 'line' | 'text' | 'count' | 'time' | 'json' }
  | { as: 'word'; words: readonly string[] }
  | { as: 'list'; of: Typed };

const LINE: Typed = { as: 'line' };
const TEXT: Typed = { as: 'text' };
const COUNT: Typed = { as: 'count' };
const AS_JSON: Typed = { as: 'json' };

/**
 * What a value has to be, said once for both readers: the schema, which is made when it is first asked for and says what is wrong,
 * and the quick check, which takes nothing that the schema would not.
 */
export interface Kind<S extends Zod.ZodType = Zod.ZodType> extends Field {
  schema(z: Z): S;
  /** As docs/format.md names it. */
  readonly words: string;
  readonly typed: Typed;
}

const kind = <S extends Zod.ZodType>(
  words: string,
  check: Check,
  schema: (z: Z) => S,
  typed: Typed = LINE,
): Kind<S> => ({
  words,
  typed,
  check,
  schema,
  absent: undefined,
});

/** May be left out. */
export const optional = <S extends Zod.ZodType>(of: Kind<S>): Kind<Zod.ZodOptional<S>> => {
  return { ...of, schema: (z) => z.optional(of.schema(z)), absent: () => undefined };
};

/** May be left out, which says the same as what `make` gives. */
export const otherwise = <S extends Zod.ZodType>(
  of: Kind<S>,
  make: () => Zod.output<S>,
): Kind<Zod.ZodDefault<S>> => ({
  ...of,
  absent: make,
  schema: (z) => z._default(of.schema(z), make as () => Zod.util.NoUndefined<Zod.output<S>>),
});

/** A list, of so many at most; left out where it is empty. */
export const list = <S extends Zod.ZodType>(
  of: Kind<S>,
  max?: number,
): Kind<Zod.ZodDefault<Zod.ZodArray<S>>> => otherwise(max === undefined ? some(of) : upTo(max, of), () => []);

/** A list that says something also where it is empty. */
export const some = <S extends Zod.ZodType>(of: Kind<S>): Kind<Zod.ZodArray<S>> =>
  kind(`${of.words}[]`, listOf(of.check), (z) => z.array(of.schema(z)), { as: 'list', of: of.typed });

/** A list of so many at most, and at least. */
export const upTo = <S extends Zod.ZodType>(max: number, of: Kind<S>, min = 0): Kind<Zod.ZodArray<S>> =>
  kind(`${of.words}[]`, listOf(of.check, min, max), (z) => z.array(of.schema(z)).min(min).max(max), {
    as: 'list',
    of: of.typed,
  });

/** A map with any keys of one kind. */
export const named = <N extends Zod.core.$ZodRecordKey & Zod.ZodType, S extends Zod.ZodType>(
  by: Kind<N>,
  of: Kind<S>,
  max = Number.POSITIVE_INFINITY,
) =>
  kind(
    `{[${by.words}]: ${of.words}}`,
    (value) => byName(by.check, of.check)(value) && Object.keys(value as object).length <= max,
    (z) =>
      z.record(by.schema(z), of.schema(z)).refine((map) => Object.keys(map).length <= max, 'are too many'),
    AS_JSON,
  );

type Kinds = Readonly<Record<string, Kind>>;
export type SchemasOf<K extends Kinds> = { [Key in keyof K]: ReturnType<K[Key]['schema']> };

/** The schemas of several kinds, by their keys. */
export const schemasOf = <K extends Kinds>(z: Z, kinds: K): SchemasOf<K> =>
  Object.fromEntries(Object.entries(kinds).map(([key, one]) => [key, one.schema(z)])) as SchemasOf<K>;

/** A map with these keys, in this order. */
export const record = <K extends Kinds>(kinds: K): Kind<Zod.ZodObject<SchemasOf<K>, Zod.core.$strip>> =>
  kind(`{${Object.keys(kinds).join(', ')}}`, mapOf(kinds), (z) => z.object(schemasOf(z, kinds)), AS_JSON);

/** The same, where others are refused: what is half understood is not understood. */
export const closed = <K extends Kinds>(kinds: K): Kind<Zod.ZodObject<SchemasOf<K>, Zod.core.$strict>> =>
  kind(
    `{${Object.keys(kinds).join(', ')}}`,
    mapOf(kinds),
    (z) => z.strictObject(schemasOf(z, kinds)),
    AS_JSON,
  );

/** The same, where others are kept: a later version may have written them. */
export const open = <K extends Kinds>(kinds: K): Kind<Zod.ZodObject<SchemasOf<K>, Zod.core.$loose>> =>
  kind(
    `{${Object.keys(kinds).join(', ')}}`,
    mapOf(kinds),
    (z) => z.looseObject(schemasOf(z, kinds)),
    AS_JSON,
  );

const tooLong = (kib: number): string => `must be at most ${kib} KiB`;

/** The same, but of at most so many KiB as JSON. */
export const within = <S extends Zod.ZodType>(kib: number, of: Kind<S>): Kind<S> =>
  kind(
    of.words,
    (value) => of.check(value) && isWithin(value, kib),
    (z) => of.schema(z).refine((value) => isWithin(value, kib), tooLong(kib)) as S,
    of.typed,
  );

export const exactly = <const T extends string | number>(value: T): Kind<Zod.ZodLiteral<T>> =>
  kind(
    String(value),
    (other) => other === value,
    (z) => z.literal(value),
    AS_JSON,
  );

/** One of the words of a set that the format names. */
export const word = <const T extends readonly [string, ...string[]]>(name: string, words: T) =>
  kind(name, oneOf(...words), (z) => z.enum(words), { as: 'word', words });

export const yesOrNo = kind(
  'boolean',
  (value) => typeof value === 'boolean',
  (z) => z.boolean(),
  AS_JSON,
);

const lineSchema = (z: Z, max: number) =>
  z
    .string()
    .min(1, SAID.empty)
    .refine((value) => LINE_RULES.short(value, max), SAID.short(max))
    .refine(LINE_RULES.safe, SAID.safe)
    .refine(LINE_RULES.trimmed, SAID.trimmed);

/** Text of one line. */
export const line = (max: number) =>
  kind(
    'line',
    text((value) => isLine(value, max)),
    (z) => lineSchema(z, max),
  );

const nameSchema = (z: Z, max: number) =>
  lineSchema(z, max).superRefine((value, { addIssue }) => {
    for (const message of [faultOfName(value) ?? []].flat()) addIssue({ code: 'custom', message });
  });

/** A line that is compared, and that people tell from others by looking at it. */
export const name = (max: number) => {
  const check = text((value) => isName(value, max));
  return kind('name', check, (z) => nameSchema(z, max));
};

const textSchema = (z: Z, kib: number) => z.string().refine((value) => isWithin(value, kib), tooLong(kib));

/** Text of any number of lines. */
export const longText = (kib: number) =>
  kind(
    'text',
    text((value) => isWithin(value, kib)),
    (z) => textSchema(z, kib),
    TEXT,
  );

/** The same, not empty. */
export const someLongText = (kib: number) =>
  kind(
    'text',
    text((value) => value !== '' && isWithin(value, kib)),
    (z) => textSchema(z, kib).min(1),
    TEXT,
  );

/** A text that passes a test. @param wrong what is said of one that does not */
export const fitting = (words: string, test: (value: string) => boolean, wrong: string) =>
  kind(words, text(test), (z) => z.string().refine(test, wrong));

export const anyText = kind(
  'text',
  text(() => true),
  (z) => z.string(),
  TEXT,
);

export const someText = kind(
  'text',
  text((value) => value !== ''),
  (z) => z.string().min(1),
  TEXT,
);

/** A whole number. */
export const int = (min: number, max?: number) =>
  kind(
    max === undefined ? `int ≥ ${min}` : `int, ${min} to ${max}`,
    whole(min, max),
    (z) => (max === undefined ? z.int().min(min) : z.int().min(min).max(max)),
    COUNT,
  );

export const json: Kind<Zod.ZodType<Json, Json>> = kind(
  'JSON',
  (value) => isJson(value),
  (z) =>
    z.any().refine((value) => isJson(value), {
      error: `must be JSON of at most ${MAX_DEPTH} levels`,
      abort: true,
    }),
  AS_JSON,
);

/** A map of JSON. */
export const map = (kib: number): Kind<Zod.ZodType<JsonMap, JsonMap>> =>
  kind(
    'map',
    (value) => isJsonMap(value) && isWithin(value, kib),
    (z) =>
      z
        .any()
        .refine(isJsonMap, { error: `must be a map of JSON of at most ${MAX_DEPTH} levels`, abort: true })
        .refine((value) => isWithin(value, kib), tooLong(kib))
        .meta({ type: 'object' }),
    AS_JSON,
  );

/** The id of an item. */
export const id = kind(
  'id',
  text(isWorkId),
  (z): NameSchema<WorkId> => z.string().regex(WORK_ID, 'must look like WRK-20260103-0001'),
);

/** The name of a transition. */
export const op = kind(
  'uuid v7',
  text(isOp),
  (z): NameSchema<OpId> => z.string().refine(isOp, 'must be a UUID of version 7'),
);

/** One run of a holder. */
export const execution = kind('name', name(200).check, (z): NameSchema<ExecutionId> => nameSchema(z, 200));

/** ISO 8601, UTC, with milliseconds. */
export const time = kind('time', text(isTime), (z) => z.iso.datetime({ precision: 3 }), { as: 'time' });

/** A name that can stand in a git author line. */
export const actor = kind('actor', text(isActorName), (z) =>
  nameSchema(z, ACTOR_LENGTH).refine(hasNoBrackets, SAID.brackets),
);

export const cloneName = kind(
  'clone',
  text((value) => CLONE_NAME.test(value)),
  (z) => z.string().regex(CLONE_NAME),
);

/** A path in the repository, as git writes it. */
export const scopePath = fitting(
  'path',
  isScopePath,
  'must be a path in the repository, such as src/api, src/api/x.ts or src/api/**',
);
