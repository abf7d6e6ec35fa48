import type { Command } from '../domain/commands.ts';
import { overwrittenSettings } from '../domain/configure.ts';
import type { WorkId } from '../domain/ids.ts';
import { observe } from '../domain/observation.ts';
import { seesNothing } from '../domain/verbs/define.ts';
import { verbOf, verbsThat } from '../domain/verbs.ts';
import type { LedgerView } from '../domain/view.ts';
import {
  type AuxiliaryFiles,
  type LedgerCommand,
  overwrittenFiles,
  readAuxiliaryFiles,
} from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import { type Connection, currentTip, readNow } from './connection.ts';

/** What rests on what its caller saw. */
const SEEING: ReadonlySet<string> = new Set([
  'configure',
  ...verbsThat(({ sees, overwrites }) => sees !== seesNothing || overwrites !== seesNothing),
]);

/**
 * Has commands say what their caller saw: what this clone shows as the call begins. A later command of the same item goes by what the
 * earlier ones made of it, and so may one that follows from outcomes.
 */
export async function observeNow(
  connection: Connection,
  commands: readonly Planned[],
): Promise<readonly Planned[]> {
  const asked = firstOfEach(commands);
  if (asked.size === 0) return commands;
  const files = await readAuxiliaryFiles(await connection.store(), await currentTip(connection), [...asked]);
  return readNow(connection, (view) =>
    commands.map((command) =>
      typeof command === 'function' || !asked.has(command) ? command : observed(command, view, files),
    ),
  );
}

/** Of each item, and of the settings, the first command that rests on what was seen and does not say it. */
function firstOfEach(commands: readonly Planned[]): Set<Planned> {
  const found = new Set<Planned>();
  const changed = new Set<WorkId | 'configure'>();
  for (const command of commands) {
    if (typeof command === 'function') break;
    const what = command.verb === 'configure' ? command.verb : command.id;
    if (what === undefined || changed.has(what)) continue;
    changed.add(what);
    if (command.observed === undefined && SEEING.has(command.verb)) found.add(command);
  }
  return found;
}

function observed(command: LedgerCommand, view: LedgerView, files: AuxiliaryFiles): LedgerCommand {
  if (command.verb === 'configure') {
    const settings = overwrittenSettings(view.settings, command.patch ?? {});
    return { ...command, observed: { ...settings, ...overwrittenFiles(files, command.files ?? []) } };
  }
  const item = view.find(command.id ?? '');
  if (item === undefined) return command;
  return { ...command, observed: observe(verbOf(command.verb), item, command) } as Command;
}
