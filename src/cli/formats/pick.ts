import { oneOf } from '../../operations/typed.ts';

/** The format of a name, among those that there are. @throws LedgerError `INVALID_INPUT` naming them */
export function pickFormat<T extends Readonly<Record<string, unknown>>>(
  formats: T,
  typed: string,
  option = '--format',
): T[keyof T & string] {
  return formats[oneOf(typed, Object.keys(formats) as (keyof T & string)[], option)];
}

/** Their names, for help: `md, html or csv`. */
export function anyOf(formats: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(formats);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}
