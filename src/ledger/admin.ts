import { checkOptions, type Kind, map, oneOf, text } from '../domain/check-input.ts';
import type { SettingsPatch } from '../domain/configure.ts';
import type { Host } from '../hosts/list.ts';
import { READABLE } from '../projection/index-view.ts';
import { IMPORT_FORMATS, type ImportInput, plannerOf } from '../transfer/formats.ts';
import type { ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, checkCall, currentTip, readNow, requestBy } from './connection.ts';
import * as inputs from './inputs.ts';
import type { PlacedFiles, PlaceOptions } from './place-host.ts';
import type { ImportReport } from './transfer.ts';

/** What is done to the ledger as a whole: its settings, the auxiliary files, and moving it in and out. */
export class LedgerAdmin {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Changes settings that all clones share, and sets auxiliary files. @returns whether anything changed */
  async configure(patch: SettingsPatch, options: inputs.ConfigureOptions = {}): Promise<boolean> {
    checkCall(this.#connection, 'configure', { patch: [map(), patch] }, inputs.CONFIGURE, options);
    const { actor, files, signal } = options;
    const { Writer } = await import('./writer.ts');
    const command = { ...requestBy(this.#connection, actor), verb: 'configure', patch, files } as const;
    const [outcome] = await new Writer(this.#connection).run([command], { signal });
    if (outcome?.kind === 'refused' || outcome?.kind === 'lost') throw outcome.error;
    return outcome?.kind === 'accepted';
  }

  /** Places the files of a host on the branch; what is there already stays as it is. @throws LedgerError as `configure` */
  async placeHost(host: Host, options: PlaceOptions): Promise<PlacedFiles> {
    checkCall(this.#connection, 'placeHost', {}, inputs.PLACE, options);
    const { placeHost } = await import('./place-host.ts');
    return placeHost(this.#connection, this, host, options);
  }

  /**
   * Imports items of another tracker, or of an export. What stands in the ledger already, by its id in the source, stays as it is:
   * importing again, or in two clones at once, makes nothing twice.
   *
   * @throws LedgerError `REMOTE_UNREACHABLE` where the remote could not be asked first: nothing was imported
   */
  async importWork(input: ImportInput, options: inputs.ImportCall = {}): Promise<ImportReport> {
    checkCall(this.#connection, 'importWork', {}, inputs.IMPORT, options);
    checkInput('importWork', input);
    options.signal?.throwIfAborted();
    const { importWork } = await import('./transfer.ts');
    return importWork(this.#connection, input, options);
  }

  /** What an import would make of the ledger as it stands in this clone. `importWork` does it. */
  async planImport(input: ImportInput): Promise<ImportPlan> {
    checkCall(this.#connection, 'planImport', {});
    checkInput('planImport', input);
    const planImport = await plannerOf(input);
    const now = this.#connection.clock.now().toISOString();
    return readNow(this.#connection, (view) => planImport({ ledger: view, now }));
  }

  /** The whole ledger as files of JSON, each item with its history; damaged files are left out. */
  async exportFiles(): Promise<Iterable<TransferFile>> {
    checkCall(this.#connection, 'exportFiles', {});
    const { exportFiles } = await import('./transfer.ts');
    const { clock, store } = this.#connection;
    const tip = await currentTip(this.#connection);
    const all = { where: [READABLE], values: [], order: 'id' } as const;
    const items = await readNow(this.#connection, (view) => view.select(all), 'all');
    return exportFiles(await store(), tip, items, clock.now().toISOString());
  }
}

const FILES: Kind<Iterable<TransferFile>, true> = {
  what: 'an iterable of files',
  needed: true,
  is: (value) => typeof value === 'object' && value !== null && Symbol.iterator in value,
};
const FROM = { from: { ...oneOf(Object.keys(IMPORT_FORMATS)), needed: true } };
const INPUTS = { file: { ...FROM, text: { ...text, needed: true } }, folder: { ...FROM, files: FILES } };

function checkInput(call: string, input: ImportInput): void {
  const { from } = (input ?? {}) as { from?: unknown };
  const [, format] = Object.entries(IMPORT_FORMATS).find(([name]) => name === from) ?? [];
  checkOptions(call, INPUTS[format?.source ?? 'file'], input);
}
