import type { Request } from '../domain/commands.ts';
import { readTrailers } from './message.ts';
import { SETTINGS_PATH } from './path.ts';

/** Messages of the two commits that touch no item: the root (`init`) and a change of settings (`configure`). */
export function encodeInitMessage(ledgerId: string, request: Request): string {
  return `init ledger ${ledgerId}\n\n${trailers('init', request)}`;
}

export function encodeConfigureMessage(keys: readonly string[], request: Request): string {
  return `configure ${SETTINGS_PATH}: ${keys.join(', ')}\n\n${trailers('configure', request)}`;
}

function trailers(verb: string, { actor, op, at }: Request): string {
  return `Work-Verb: ${verb}\nWork-Actor: ${actor}\nWork-Op: ${op}\nWork-At: ${at}\n`;
}

/** Reads one of them back; `undefined` where the message is of neither kind. */
export function decodeLedgerMessage(message: string): ({ verb: 'init' | 'configure' } & Request) | undefined {
  const { values } = readTrailers(message);
  const verb = values.get('Work-Verb');
  const [actor, op, at] = [values.get('Work-Actor'), values.get('Work-Op'), values.get('Work-At')];
  if ((verb !== 'init' && verb !== 'configure') || !actor || !op || !at) return undefined;
  return { verb, actor, op, at };
}
