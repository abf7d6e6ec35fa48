import type { Request } from '../domain/commands.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import { readTrailers } from './message.ts';
import { SETTINGS_PATH } from './path.ts';

const LEDGER_VERBS = ['init', 'configure', 'repair'] as const;
type LedgerVerb = (typeof LEDGER_VERBS)[number];
/** Of a path in a message's first line. */
const NAME_LENGTH = 200;

/** Messages of the commits that are no transition of an item: the root (`init`), a change of settings or of files beside items (`configure`), a mend (`repair`). */
export function encodeInitMessage(ledgerId: string, request: Request): string {
  return `init ledger ${ledgerId}\n\n${trailers('init', request)}`;
}

/**
 * @param keys settings that changed
 * @param paths files beside items that were set or removed
 */
export function encodeConfigureMessage(
  keys: readonly string[],
  paths: readonly string[],
  request: Request,
): string {
  const settings = keys.length === 0 ? [] : [`${SETTINGS_PATH}: ${keys.join(', ')}`];
  const files = paths.length === 0 ? [] : [`files: ${paths.toSorted().join(', ')}`];
  return `configure ${[...settings, ...files].join('; ')}\n\n${trailers('configure', request)}`;
}

/** @param what what is mended: ids, and paths where no item stands; nothing, where trees alone are written anew */
export function encodeRepairMessage(what: readonly string[], why: string, request: Request): string {
  const names = what.map((name) => toSafeLine(name, NAME_LENGTH)).join(', ');
  return `repair ${names === '' ? 'trees' : names}\n\n${toSafeLine(why, REASON_LENGTH)}\n\n${trailers('repair', request)}`;
}

function trailers(verb: string, { actor, op, at }: Request): string {
  return `Work-Verb: ${verb}\nWork-Actor: ${actor}\nWork-Op: ${op}\nWork-At: ${at}\n`;
}

/** Reads one of them back; `undefined` where the message is of neither kind. */
export function decodeLedgerMessage(message: string): ({ verb: LedgerVerb } & Request) | undefined {
  const { values } = readTrailers(message);
  const verb = values.get('Work-Verb');
  const [actor, op, at] = [values.get('Work-Actor'), values.get('Work-Op'), values.get('Work-At')];
  const known = LEDGER_VERBS.find((one) => one === verb);
  return known && actor && op && at ? { verb: known, actor, op, at } : undefined;
}
