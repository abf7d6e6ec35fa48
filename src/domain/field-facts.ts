import { type FieldKey, type FieldOption, ROWS } from './fields.ts';
import type { Typed } from './kinds.ts';

/** What a shell has to know of a field: how it is typed, and how it is shown. */
export interface FieldFacts extends Partial<FieldOption> {
  key: FieldKey;
  typed: Typed;
  /** Whether it may be left out, so that it can be taken away. */
  optional: boolean;
  show?: string | undefined;
}

/** In the order of the file. The table is data alone, so that a program can be built with it in place of the fields. */
export const FIELD_FACTS: readonly FieldFacts[] = ROWS.map(([key, { kind, option, show }]) => ({
  ...option,
  key,
  typed: kind.typed,
  optional: kind.absent !== undefined && kind.absent() === undefined,
  show,
}));
