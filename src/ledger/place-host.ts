import { checkArgument, oneOf } from '../domain/check-input.ts';
import type { AuxiliaryFile } from '../domain/configure.ts';
import { HOSTS, type Host } from '../hosts/list.ts';
import { readFiles } from '../sync/draft.ts';
import type { LedgerAdmin } from './admin.ts';
import { hostFiles, itemTemplates } from './branch-files.ts';
import { type Connection, currentTip } from './connection.ts';

export interface PlaceOptions {
  /** Of the program that the host's jobs install. */
  version: string;
  /** Sets files anew that differ from what this version brings, but for those that are made to be changed. */
  update?: boolean | undefined;
}

/** What became of the files of a host, by path. */
export interface PlacedFiles {
  laid: string[];
  updated: string[];
  /** They differ from what this version brings, and were left as they are. */
  differing: string[];
  same: string[];
}

/** Files that are there to be changed by people: `update` leaves them alone. */
const isTheirs = (path: string): boolean => path === 'CODEOWNERS' || path.startsWith('templates/');

/**
 * Places the files of a host and the templates of items on the ledger branch, in one commit. What stands there already is left
 * as it is.
 *
 * @throws LedgerError as every change of settings
 */
export async function placeHost(
  connection: Connection,
  admin: Pick<LedgerAdmin, 'configure'>,
  host: Host,
  { version, update }: PlaceOptions,
): Promise<PlacedFiles> {
  checkArgument('placeHost', 'host', oneOf(HOSTS), host);
  const files = [...hostFiles(host, { branch: connection.branch, version }), ...itemTemplates()];
  const store = await connection.store();
  const tip = await currentTip(connection);
  const now = await readFiles(
    store,
    tip,
    files.map(({ path }) => path),
  );
  const stateOf = ({ path, text }: AuxiliaryFile): keyof PlacedFiles => {
    const present = now.get(path);
    if (present === undefined) return 'laid';
    if (present !== 'other' && present.text === text) return 'same';
    return update && !isTheirs(path) ? 'updated' : 'differing';
  };
  const states = Map.groupBy(files, stateOf);
  const pathsOf = (state: keyof PlacedFiles): string[] => (states.get(state) ?? []).map(({ path }) => path);
  await admin.configure({}, { files: [...(states.get('laid') ?? []), ...(states.get('updated') ?? [])] });
  return {
    laid: pathsOf('laid'),
    updated: pathsOf('updated'),
    differing: pathsOf('differing'),
    same: pathsOf('same'),
  };
}
