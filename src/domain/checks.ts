/**
 * Quick checks that take the place of a schema for what the program wrote itself. They never take what the schema would
 * not, nor give anything else than it gives; what they do not take, only the schema can tell.
 */
export type Check = (value: unknown) => boolean;

export interface Field {
  check: Check;
  /** What stands for it where it is left out; `undefined` where it has to be there. */
  absent: (() => unknown) | undefined;
}
type Shape = Readonly<Record<string, Field>>;

export const text =
  (test: (value: string) => boolean): Check =>
  (value) =>
    typeof value === 'string' && test(value);

export const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

export const oneOf = (...words: readonly string[]): Check => text((value) => words.includes(value));

export const listOf =
  (check: Check, min = 0, max = Number.POSITIVE_INFINITY): Check =>
  (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(check);

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A map with these keys in this order and no others: one that a schema gives back as it is. */
export function mapOf(shape: Shape): Check {
  const fields = Object.entries(shape);
  return (value) => {
    if (!isMap(value)) return false;
    const keys = Object.keys(value);
    let at = 0;
    for (const [key, { check, absent }] of fields) {
      if (keys[at] === key) {
        if (!check(value[key])) return false;
        at += 1;
      } else if (absent === undefined || absent() !== undefined) return false;
    }
    return at === keys.length;
  };
}

/** A map with any keys that are names. */
export const byName =
  (isName: Check, check: Check): Check =>
  (value) =>
    isMap(value) &&
    Object.entries(value).every(([key, entry]) => key !== '__proto__' && isName(key) && check(entry));

/**
 * Reads a whole file: fills in what is left out, puts known keys in the order of `shape`, and others after them. What is the very value
 * of `right`, which was read before, is not checked again.
 *
 * @returns `undefined` where only the schema can tell
 */
export function readerOf(
  shape: Shape,
): (map: Readonly<Record<string, unknown>>, right?: Readonly<Record<string, unknown>>) => object | undefined {
  const fields = Object.entries(shape);
  return (map, right) => {
    if (Object.hasOwn(map, '__proto__')) return undefined;
    const read: Record<string, unknown> = {};
    let known = 0;
    for (const [key, { check, absent }] of fields) {
      const value = map[key];
      if (value !== undefined) {
        if (value !== right?.[key] && !check(value)) return undefined;
        read[key] = value;
        known += 1;
        continue;
      }
      if (absent === undefined) return undefined;
      const filled = absent();
      if (filled !== undefined) read[key] = filled;
    }
    const keys = Object.keys(map);
    if (keys.length === known) return read;
    const others = keys.filter((key) => !Object.hasOwn(shape, key));
    // A key that is there without a value is for the schema to judge.
    if (keys.length !== known + others.length) return undefined;
    for (const key of others) read[key] = map[key];
    return read;
  };
}
