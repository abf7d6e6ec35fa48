import { beads } from './beads.ts';
import { planFrom, type SourceFormat } from './import.ts';
import { json } from './json-import.ts';
import type { ImportOptions, ImportPlan } from './plan.ts';

/** Every format that work is imported from, by the name that stands in the item as `context.imported.from`. */
const FORMATS = { beads, json } as const;

type InputOf<Format> = Format extends SourceFormat<infer Input> ? Input : never;

/** What is imported: its format, and the text of a file or the files of a folder. */
export type ImportInput = {
  [From in keyof typeof FORMATS]: { from: From } & InputOf<(typeof FORMATS)[From]>;
}[keyof typeof FORMATS];

/** What an import of this source would do; see `planFrom`. */
export const planImport = (input: ImportInput, options: ImportOptions): ImportPlan =>
  planFrom(input.from, FORMATS[input.from] as SourceFormat<ImportInput>, input, options);
