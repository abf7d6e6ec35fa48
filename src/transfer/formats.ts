import type { ImportSources, SourceFormat } from './import.ts';
import type { ImportOptions, ImportPlan } from './plan.ts';

/** How a format is known before it is used. */
type Row = {
  [Source in keyof ImportSources]: {
    /** What it is read from. */
    source: Source;
    help: string;
    load(): Promise<SourceFormat<ImportSources[Source]>>;
  };
}[keyof ImportSources];

/** Every format that work is imported from, by the name that stands in the item as `context.imported.from`. */
export const IMPORT_FORMATS = {
  beads: {
    source: 'file',
    help: 'a JSON Lines file',
    load: async () => (await import('./beads.ts')).beads,
  },
  json: {
    source: 'folder',
    help: 'a folder that `wl export` wrote',
    load: async () => (await import('./json-import.ts')).json,
  },
} as const satisfies Record<string, Row>;
type Formats = typeof IMPORT_FORMATS;

/** What is imported: its format, and the text of a file or the files of a folder. */
export type ImportInput = {
  [From in keyof Formats]: { from: From } & ImportSources[Formats[From]['source']];
}[keyof Formats];

/** What an import of this source would do to a ledger, once its format is loaded; see `planFrom`. */
export async function plannerOf(input: ImportInput): Promise<(options: ImportOptions) => ImportPlan> {
  const [{ planFrom }, format] = await Promise.all([
    import('./import.ts'),
    IMPORT_FORMATS[input.from].load(),
  ]);
  return (options) => planFrom(input.from, format as SourceFormat<ImportInput>, input, options);
}
