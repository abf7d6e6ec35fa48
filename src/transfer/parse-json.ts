import { depthOf, isMap } from './foreign.ts';

/** Deeper than any tracker nests, and far from what writing it as YAML could take. */
const MAX_DEPTH = 100;

const TOO_DEEP = { kind: 'too_deep', message: `it nests more than ${MAX_DEPTH} levels` } as const;

export type ParsedRecord =
  | { kind: 'record'; value: Record<string, unknown>; repairs: number }
  | { kind: 'bad_json' | 'not_an_item' | 'too_deep'; message: string };

/**
 * Reads one record of JSON. What common encoders write against the standard is repaired and counted in `repairs`: a
 * backslash before a character that it must not stand before is taken for itself, `NaN` and `Infinity` become text. Text
 * that is still not JSON is told, never thrown.
 */
export function parseRecord(text: string): ParsedRecord {
  let value: unknown;
  let repairs = 0;
  try {
    value = parse(text);
  } catch (error) {
    // What nests too deep to be walked is told as such.
    if (error instanceof RangeError) return TOO_DEEP;
    const repaired = repair(text);
    repairs = repaired.repairs;
    if (repairs === 0) return { kind: 'bad_json', message: describe(error) };
    try {
      value = parse(repaired.text);
    } catch {
      return { kind: 'bad_json', message: describe(error) };
    }
  }
  if (!isMap(value)) return { kind: 'not_an_item', message: 'it is JSON, but not a map of fields' };
  if (depthOf(value) > MAX_DEPTH) return TOO_DEEP;
  return { kind: 'record', value, repairs };
}

/** A backslash with what JSON lets follow it, or a backslash alone. */
const ESCAPE = /\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\/g;
/** A string, also one without an end, or outside of one a number that JSON does not have. */
const NOT_A_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?Infinity|NaN/g;

function repair(text: string): { text: string; repairs: number } {
  let repairs = 0;
  const fixed = (replacement: string): string => {
    repairs += 1;
    return replacement;
  };
  const escaped = text.replaceAll(ESCAPE, (match, valid: string | undefined) =>
    valid === undefined ? fixed('\\\\') : match,
  );
  const finite = escaped.replaceAll(NOT_A_NUMBER, (match) =>
    match.startsWith('"') ? match : fixed(`"${match}"`),
  );
  return { text: finite, repairs };
}

const LONG_NUMBER = /\d{16}/;

/** Whole numbers that a double cannot hold are kept as the text they stood as. */
function parse(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  const keepExact = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && isInexact(value, context?.source ?? '') ? context?.source : value;
  return JSON.parse(text, keepExact);
}

function isInexact(value: number, source: string): boolean {
  // Numbers of our own exports come back as the digits that JavaScript itself writes.
  if (!/^-?\d{16,}$/.test(source) || String(value) === source) return false;
  return !Number.isFinite(value) || BigInt(source) !== BigInt(value);
}

const describe = (error: unknown): string =>
  `it is not JSON: ${error instanceof Error ? error.message : String(error)}`;
