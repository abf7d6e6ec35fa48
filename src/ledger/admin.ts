import { map } from '../domain/check-input.ts';
import type { SettingsPatch } from '../domain/configure.ts';
import type { Host } from '../hosts/list.ts';
import type { ImportInput } from '../transfer/formats.ts';
import type { ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, checkCall, requestBy } from './connection.ts';
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
    const { submit } = await import('./submit.ts');
    const command = { ...requestBy(this.#connection, actor), verb: 'configure', patch, files } as const;
    const [outcome] = await submit(this.#connection, [command], { signal });
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
    const { importWork } = await import('./transfer.ts');
    return importWork(this.#connection, input, options);
  }

  /** What an import would make of the ledger as it stands in this clone. `importWork` does it. */
  async planImport(input: ImportInput): Promise<ImportPlan> {
    const { planImport } = await import('./transfer.ts');
    return planImport(this.#connection, input);
  }

  /** The whole ledger as files of JSON, each item with its history; damaged files are left out. */
  async exportFiles(): Promise<Iterable<TransferFile>> {
    const { exportFiles } = await import('./transfer.ts');
    return exportFiles(this.#connection);
  }
}

/**
 * Reads settings as a person wrote them, in the form of `ledger.yaml`, for `configure`: any of its keys, also without a value,
 * which takes a setting away.
 *
 * @throws LedgerError `INVALID_INPUT` with line and column
 */
export async function readSettings(text: string): Promise<SettingsPatch> {
  const { decodeSettingsPatch } = await import('../codec/settings.ts');
  return decodeSettingsPatch(Buffer.from(text));
}
