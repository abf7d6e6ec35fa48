import { promises as fs } from 'node:fs';
import { join, sep } from 'node:path';
import {
  type ImportInput,
  type ImportPlan,
  LedgerError,
  type Outcome,
  type TransferFile,
  type WorkLedger,
} from '../../index.ts';
import type { Run } from '../command.ts';
import { oneOf, readInputFile } from '../input.ts';
import { columns, type Line, type Span, styled } from '../render/line.ts';
import type { importOptions } from '../table/ledger.ts';
import { whereabouts } from '../transition.ts';

const FORMATS = ['beads', 'json'] as const;
/** Notes that are shown one by one; a person counts the rest. */
const NOTES_SHOWN = 20;

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
  const { plan, outcomes } = await cli.busy('planning the import', async (say) => {
    if (ledger.mode === 'push' && !options.dry_run) await ledger.fetch();
    const planned = await ledger.planImport(input);
    if (options.dry_run) return { plan: planned, outcomes: [] };
    say(`importing ${planned.items.length} items`);
    return {
      plan: planned,
      outcomes: await ledger.batch(planned.items.map((one) => toCommand(ledger, one))),
    };
  });
  const imported = outcomes.filter(({ kind }) => kind === 'accepted').length;
  const where = outcomes.some((one) => one.kind === 'accepted' && one.where === 'remote')
    ? 'remote'
    : 'local';
  const { items, notes, ...counts } = plan;
  return {
    kind: 'import',
    data: {
      dry_run: options.dry_run,
      ...counts,
      planned: items.length,
      imported,
      ids: Object.fromEntries(items.map(({ source_id, id }) => [source_id, id])),
      notes,
    },
    lines: [
      options.dry_run
        ? `would import ${items.length} of ${counts.records} records`
        : `imported ${imported} of ${counts.records} records${imported > 0 ? whereabouts(ledger, where) : ''}`,
      `  ${counts.unchanged} here already, ${counts.tombstones} deleted at the source, ${counts.unusable} unusable`,
      ...noteLines(plan),
    ],
    ids: items.map(({ id }) => id),
    where: ledger.remote === null || imported === 0 ? undefined : where,
    failures: outcomes.flatMap(failureOf),
  };
};

const toCommand = (
  ledger: WorkLedger,
  { id, item }: ImportPlan['items'][number],
): ReturnType<WorkLedger['command']> => ledger.command('import', { id, item });

const failureOf = (outcome: Outcome): LedgerError[] =>
  outcome.kind === 'refused' || outcome.kind === 'lost' ? [outcome.error] : [];

function noteLines({ notes }: ImportPlan): Line[] {
  if (notes.length === 0) return [];
  const rules = [...Map.groupBy(notes, ({ rule }) => rule)].map(([rule, of]) => `${of.length} ${rule}`);
  const rows = notes
    .slice(0, NOTES_SHOWN)
    .map(({ line, path, source_id, rule, message }): Span[] => [
      `  ${path ?? (line === undefined ? '-' : `line ${line}`)}`,
      source_id ?? '-',
      styled('dim', rule),
      message,
    ]);
  const left = notes.length - NOTES_SHOWN;
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
