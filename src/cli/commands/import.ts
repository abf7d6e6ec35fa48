import { promises as fs } from 'node:fs';
import { join, sep } from 'node:path';
import { type ImportInput, type ImportReport, LedgerError, type TransferFile } from '../../index.ts';
import type { Run } from '../command.ts';
import { RaceLost } from '../failure.ts';
import { oneOf, readInputFile } from '../input.ts';
import { columns, type Line, type Span, styled } from '../render/line.ts';
import type { importOptions } from '../table/ledger.ts';
import { whereabouts } from '../transition.ts';

const FORMATS = ['beads', 'json'] as const;
/** What is shown one by one; a person counts the rest. */
const SHOWN = 20;

export const run: Run<typeof importOptions> = async ({ args: [path = ''], options, cli }) => {
  if (options.from === undefined) {
    throw new LedgerError('INVALID_INPUT', '--from is required: it names the format.', {
      hint: `It can be: ${FORMATS.join(', ')}`,
    });
  }
  const from = oneOf(options.from, FORMATS, '--from');
  const input: ImportInput =
    from === 'beads' ? { from, text: await readInputFile(path) } : { from, files: await readFolder(path) };
  const ledger = await cli.open();
  const report = await cli.busy('planning the import', (say) =>
    ledger.importWork(input, {
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
    where: ledger.remote === null || imported === 0 ? undefined : where,
    failures: [...(unshared === undefined ? [] : [unshared]), ...failed.map(failureOf)],
  };
};

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
  const left = rows.length - SHOWN;
  return [
    ...columns(rows.slice(0, SHOWN)),
    ...(left > 0 ? [`  and ${left} more; --json lists them all`] : []),
  ];
}

function noteLines(notes: ImportReport['notes']): Line[] {
  if (notes.length === 0) return [];
  const rules = [...Map.groupBy(notes, ({ rule }) => rule)].map(([rule, of]) => `${of.length} ${rule}`);
  const rows = notes
    .slice(0, SHOWN)
    .map(({ line, path, source_id, rule, message }): Span[] => [
      `  ${path ?? (line === undefined ? '-' : `line ${line}`)}`,
      source_id ?? '-',
      styled('dim', rule),
      message,
    ]);
  const left = notes.length - SHOWN;
  return [
    `${notes.length} notes on what could not be taken over as it was (${rules.join(', ')}):`,
    ...columns(rows),
    ...(left > 0 ? [`  and ${left} more; --json lists them all`] : []),
  ];
}

/** Every file below a folder, by its path in it. */
async function readFolder(folder: string): Promise<TransferFile[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch((error: Error) => {
    throw new LedgerError(
      'INVALID_INPUT',
      `The folder ${JSON.stringify(folder)} cannot be read: ${error.message}.`,
    );
  });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files: TransferFile[] = [];
  const root = join(folder, sep);
  for (const path of paths) {
    // What is no JSON is only named in the notes; bytes that are no text make one file unusable, not all.
    const text = path.endsWith('.json') ? (await fs.readFile(path)).toString() : '';
    files.push({ path: path.slice(root.length).replaceAll(sep, '/'), text });
  }
  return files;
}
