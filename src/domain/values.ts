import type { Json, JsonMap } from './item.ts';
import { faultOfName, isSafeLine } from './text.ts';

// What single values have to be: for the schemas, and for whoever checks without them.

const KIB = 1024;
const byteLength = (value: unknown): number =>
  Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
export const isWithin = (value: unknown, kib: number): boolean => byteLength(value) <= kib * KIB;

/** Levels of maps and lists in one another that a user's data may have. */
export const MAX_DEPTH = 64;

/** Data as JSON has it. A schema that rebuilds what it reads would drop a key of `__proto__`; this keeps every key. */
export function isJson(value: unknown, depth = MAX_DEPTH): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (!Array.isArray(value) && !isPlainMap(value)) return false;
  return Object.values(value).every((entry) => isJson(entry, depth - 1));
}

function isPlainMap(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export const isJsonMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && !Array.isArray(value) && value !== null && isJson(value);

/** Each says what a line has to be; all of them make one. */
export const LINE_RULES = {
  short: (text: string, max: number) => text.length <= max || [...text].length <= max,
  safe: isSafeLine,
  trimmed: (text: string) => text.trim() === text,
} as const;

export const isLine = (text: string, max: number): boolean =>
  text !== '' && LINE_RULES.short(text, max) && LINE_RULES.safe(text) && LINE_RULES.trimmed(text);

/** A line that is compared, and that people tell from others by looking at it. */
export const isName = (text: string, max: number): boolean =>
  isLine(text, max) && faultOfName(text) === undefined;

export const ACTOR_LENGTH = 200;
export const hasNoBrackets = (name: string): boolean => !/[<>]/.test(name);
/** What is said of a line, and of an actor's name, that breaks a rule. */
export const SAID = {
  short: (max: number) => `must be at most ${max} characters`,
  safe: 'must be one line without control or bidirectional characters',
  trimmed: 'must not begin or end with a space',
  brackets: 'must not contain < or >',
  empty: 'Too small: expected string to have >=1 characters',
} as const;

/** What is wrong with an actor's name, as its schema says it: without one, since every call names an actor. */
export const faultsOfActor = (name: string): string[] => [
  ...(name === '' ? [SAID.empty] : []),
  ...(LINE_RULES.short(name, ACTOR_LENGTH) ? [] : [SAID.short(ACTOR_LENGTH)]),
  ...(LINE_RULES.safe(name) ? [] : [SAID.safe]),
  ...(LINE_RULES.trimmed(name) ? [] : [SAID.trimmed]),
  ...[faultOfName(name) ?? []].flat(),
  ...(hasNoBrackets(name) ? [] : [SAID.brackets]),
];

/** True for a name that can stand in a git author line. */
export const isActorName = (name: string): boolean => isName(name, ACTOR_LENGTH) && hasNoBrackets(name);

/** A clone's name, as it stands in refs and in claims. */
export const CLONE_NAME = /^[0-9a-z]{1,32}$/;

const TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
/** True for a time of ISO 8601, UTC, with milliseconds, on a day that there is: `2026-01-03T11:00:00.000Z`. */
export const isTime = (text: string): boolean =>
  TIME.test(text) && (text.slice(8, 10) <= '28' || isDay(text));

/** A day past the end of its month is no date, or one of the next month. */
function isDay(time: string): boolean {
  const date = new Date(time);
  return !Number.isNaN(date.getTime()) && date.toISOString() === time;
}

const SCOPE_LENGTH = 500;
/**
 * True for a path in a repository, as git writes it, that may end in `/**` for all that is below: neither absolute nor with a step up, and
 * with no other pattern, so that it can be told of any two whether they overlap.
 */
export const isScopePath = (path: string): boolean =>
  isLine(path, SCOPE_LENGTH) &&
  !path.includes('\\') &&
  path
    .split('/')
    .every((step, at, all) =>
      step === '**'
        ? at > 0 && at === all.length - 1
        : step !== '' && step !== '.' && step !== '..' && !step.includes('*'),
    );
