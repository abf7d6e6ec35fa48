import { promises as fs } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import {
  IMPORT_FORMATS,
  type ImportInput,
  type ImportReport,
  type LedgerError,
  type TransferFile,
  type WorkLedger,
} from '../../../index.ts';
import { RaceLost } from '../../../operations/refusal.ts';
import { oneOf, pickFormat, refuse, required } from '../../../operations/typed.ts';
import { whereIf } from '../../../operations/writes.ts';
import { command, flag, text } from '../../command.ts';
import { MOST_IMPORTED, readInputFile } from '../../input.ts';
import { columns, type Line, type Span, styled } from '../../render/line.ts';
import { whereabouts } from '../../transition.ts';

/** How what an import is given is read from a path, by what that is. */
const SOURCES = {
  file: async (path: string) => ({ text: await readInputFile(path, MOST_IMPORTED) }),
  folder: async (path: string) => ({ files: await readFolder(path) }),
};
const FORMATS = Object.keys(IMPORT_FORMATS) as ImportInput['from'][];

/** What items are written as: the files of a folder. */
const EXPORTS = {
  json: { help: 'json (the default)', files: (ledger: WorkLedger) => ledger.admin.exportFiles() },
} as const;

/** What is shown one by one; a person counts the rest. */
const SHOWN = 20;

export const importCommand = command({
  summary: 'take over items of another tracker, or of an export',
  details:
    'A commit an item, and one push. What was imported before, here or in another clone, is left as it stands and told with its id, so doing it twice, or in two clones at once, is harmless. Where something was refused, or cannot be read, the rest is imported, and the exit status is that of the refusal. What could not be shared waits in this clone: wl sync.',
  args: [{ name: '<path>', help: 'a file of Beads issues, or a folder of JSON' }],
  options: {
    from: text(
      '--from <format>',
      FORMATS.map((from) => `${from} (${IMPORT_FORMATS[from].help})`).join(' or '),
    ),
    dry_run: flag('--dry-run', 'only show what it would do'),
  },
  examples: ['wl import .beads/issues.jsonl --from beads --dry-run', 'wl import backup/ --from json'],
  run: async ({ args: [path = ''], options, cli }) => {
    if (options.from === undefined) {
      throw refuse('--from is required: it names the format.', `It can be: ${FORMATS.join(', ')}`);
    }
    const from = oneOf(options.from, FORMATS, '--from');
    const input = { from, ...(await SOURCES[IMPORT_FORMATS[from].source](path)) } as ImportInput;
    const ledger = await cli.open();
    const report = await cli.busy('planning the import', (say) =>
      ledger.admin.importWork(input, {
        dry_run: options.dry_run,
        onPlan: (planned) => say(`importing ${planned} items`),
      }),
    );
    const { ids, present, failed, unshared, where, notes, ...counts } = report;
    const imported = ids.size;
    return {
      kind: 'import',
      data: {
        ...counts,
        imported,
        unchanged: present.size,
        ids: Object.fromEntries(ids),
        present: Object.fromEntries(present),
        failed: Object.fromEntries(failed.map(({ source_id, error }) => [source_id, error.code])),
        notes,
      },
      lines: [
        options.dry_run
          ? `would import ${counts.planned} of ${counts.records} records`
          : `imported ${imported} of ${counts.records} records${imported > 0 ? whereabouts(ledger, where) : ''}`,
        `  ${present.size} here already, ${counts.tombstones} deleted at the source, ${counts.unusable} unusable`,
        ...presentLines(present),
        ...noteLines(notes),
      ],
      ids: [...ids.values(), ...present.values()],
      where: imported === 0 ? undefined : whereIf(ledger, where),
      failures: [
        ...(unshared === undefined ? [] : [unshared]),
        ...failed.map(failureOf),
        ...unreadable(path, notes),
      ],
    };
  },
});

export const exportCommand = command({
  summary: 'write every item with its history as files',
  options: {
    to: text('--to <dir>', 'where the files go'),
    format: text(
      '--format <format>',
      Object.values(EXPORTS)
        .map(({ help }) => help)
        .join(' or '),
    ),
  },
  examples: ['wl export --to backup/', 'wl export --to backup/ --format json'],
  run: async ({ options, cli }) => {
    const { format = 'json' } = options;
    const { files: filesOf } = pickFormat(EXPORTS, format);
    const to = required(options.to, '--to', 'wl export --to DIR');
    await requireEmpty(to);
    const ledger = await cli.openToRead({ fetch: false });
    const count = await cli.busy('reading history', async (say) => {
      let files = 0;
      for (const { path, text } of await filesOf(ledger)) {
        const target = join(to, path);
        await fs.mkdir(dirname(target), { recursive: true });
        await fs.writeFile(target, text);
        files += 1;
        say(`writing files: ${files}`);
      }
      return files;
    });
    const items = count - 1;
    return {
      kind: 'export',
      data: { to, format, items, files: count },
      lines: [`exported ${items} ${items === 1 ? 'item' : 'items'} to ${to}`],
      ids: [],
    };
  },
});

const UNREADABLE: ReadonlySet<string> = new Set(['bad_json', 'not_an_item', 'too_deep']);

/** A file that was cut off, or is of another kind, was not imported, whatever else was. */
function unreadable(path: string, notes: ImportReport['notes']): LedgerError[] {
  const { length } = notes.filter(({ rule }) => UNREADABLE.has(rule));
  if (length === 0) return [];
  const records = length === 1 ? 'One record' : `${length} records`;
  return [refuse(`${records} of ${JSON.stringify(path)} cannot be read: see the notes.`)];
}

/** Someone else was first, or it was never legal. */
function failureOf({ error, kept }: ImportReport['failed'][number]): LedgerError {
  const { code, message, hint, details } = error;
  return kept === undefined ? error : new RaceLost({ ok: false, code, message, hint, details, kept });
}

function presentLines(present: ImportReport['present']): Line[] {
  const rows = [...present].map(([source_id, id]): Span[] => [
    `  ${source_id.replaceAll('\n', ' ')}`,
    id,
    'here already',
  ]);
  return firstLines(rows);
}

function noteLines(notes: ImportReport['notes']): Line[] {
  if (notes.length === 0) return [];
  const rules = [...Map.groupBy(notes, ({ rule }) => rule)].map(([rule, of]) => `${of.length} ${rule}`);
  const rows = notes.map(({ line, path, source_id, rule, message }): Span[] => [
    `  ${path ?? (line === undefined ? '-' : `line ${line}`)}`,
    source_id ?? '-',
    styled('dim', rule),
    message,
  ]);
  return [
    `${notes.length} notes on what could not be taken over as it was (${rules.join(', ')}):`,
    ...firstLines(rows),
  ];
}

function firstLines(rows: readonly Span[][]): Line[] {
  const left = rows.length - SHOWN;
  return [
    ...columns(rows.slice(0, SHOWN)),
    ...(left > 0 ? [`  and ${left} more; --json lists them all`] : []),
  ];
}

const MOST_FILES = 200_000;
const NOTHING = Buffer.alloc(0);

/** Every file below a folder, by its path in it. */
async function readFolder(folder: string): Promise<TransferFile[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw refuse(`The folder ${JSON.stringify(folder)} cannot be read: ${error.message}.`);
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length > MOST_FILES)
    throw refuse(
      `The folder ${JSON.stringify(folder)} has more than ${MOST_FILES} files, which is the most that is read.`,
    );
  const files: TransferFile[] = [];
  const root = join(folder, sep);
  let left = MOST_IMPORTED;
  for (const path of paths) {
    // What is no JSON is only named in the notes; bytes that are no text make one file unusable, not all.
    const bytes = path.endsWith('.json') ? await fs.readFile(path) : NOTHING;
    const text = bytes.toString();
    left -= bytes.length;
    if (left < 0)
      throw refuse(
        `The folder ${JSON.stringify(folder)} has more than ${MOST_IMPORTED / 1024 / 1024} MiB of JSON, which is the most that is read.`,
      );
    files.push({ path: path.slice(root.length).replaceAll(sep, '/'), text });
  }
  return files;
}

/** Files of an earlier export would be taken for items of this one. */
async function requireEmpty(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw refuse(`${JSON.stringify(folder)} cannot be written to: ${error.message}.`);
  });
  if (names.length === 0) return;
  throw refuse(`The folder ${JSON.stringify(folder)} is not empty.`, 'Name one that is new or empty.');
}
