import { isKnownFile, QUARANTINE } from '../codec/auxiliary-files.ts';
import { encodeRepairMessage } from '../codec/message.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { keysAsked, requireAllowed } from '../domain/policy.ts';
import type { CommitRecord, Oid, TreeChange } from '../store/port.ts';
import { readRequest } from './check-settings.ts';
import { checkSame } from './check-trailers.ts';
import { type Blobs, itemChanges, PLAIN_FILE, readItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import type { LedgerState, SettingsState } from './state.ts';

/**
 * Checks a repair: what was whole stays as it is; an item, or the settings, that was not is as it last was; what a commit did that breaks
 * a rule is undone; files that are none go, or go to quarantine, where nothing else comes.
 */
export function checkRepair(
  record: CommitRecord,
  blobs: Blobs,
  state: LedgerState,
  findings: CommitFindings,
): void {
  const { items, others } = itemChanges(record.changes);
  const request = readRequest('repair', record, findings);
  if (request === undefined) findings.add('message', 'the message is not one of `repair`');
  else {
    // Why it was made is for who makes it to say.
    const why = record.message.split('\n')[2]?.trim() ?? '';
    checkSame(record.message, encodeRepairMessage(repairedPaths(record.changes), why, request), findings);
    // By the settings as they were last whole, and right.
    const { actor } = request;
    const { rightSettings: settings = state.settings } = state.undoing;
    findings.keys = keysAsked(settings, 'repair', actor, undefined);
    findings.decideAgain(() => requireAllowed(settings, 'repair', actor, undefined));
  }
  for (const change of items) {
    const { id } = change;
    if (state.isWhole(id) && !state.undoing.isSuspect(id)) findings.add('repair', `${id} was whole`);
    const good = state.lastGood(id);
    state.apply(
      change,
      change.after.map((file) => readItemFile(id, file, blobs)),
      record.oid,
    );
    if (state.isUndone(id)) continue;
    const as = good === undefined ? 'gone' : `in ${good.state}/ as ${good.oid.slice(0, 12)}`;
    if (!state.standsAs(id, good)) findings.add('repair', `${id} was last whole ${as}, and is not now`);
  }
  const removed = new Set(record.changes.flatMap(({ before }) => before?.oid ?? []));
  for (const change of others) {
    const { path, after } = change;
    const isPlain = after === undefined || after.mode === PLAIN_FILE;
    if (isPlain && state.undoing.isFileUndone(path, after?.oid)) {
      if (path === SETTINGS_PATH) state.undoing.rightSettings = undefined;
    } else checkOther(change, { settings: state.settingsFile, removed }, findings);
  }
}

interface RepairBase {
  settings: SettingsState;
  /** What the repair takes away or replaces. */
  removed: ReadonlySet<Oid>;
}

function checkOther(
  { path, before, after }: TreeChange,
  { settings, removed }: RepairBase,
  findings: CommitFindings,
): void {
  if (path === SETTINGS_PATH) {
    if (settings.whole) findings.add('repair', `${path} was whole`);
    if (after?.oid !== settings.good) findings.add('repair', `${path} is not as it was last whole`);
    return;
  }
  const isPlain = before === undefined || before.mode === PLAIN_FILE;
  const isRepaired =
    !isPlain && isKnownFile(path)
      ? after === undefined || (after.mode === PLAIN_FILE && after.oid === before.oid)
      : after === undefined
        ? !isKnownFile(path)
        : path.startsWith(QUARANTINE) && before === undefined && removed.has(after.oid);
  if (!isRepaired) findings.add('repair', `it ${after === undefined ? 'removes' : 'writes'} ${path}`);
}

/** What the first line of a repair names: items, and what is no item and is no longer where it was, or as it was. */
export function repairedPaths(changes: readonly TreeChange[]): string[] {
  const { items, others } = itemChanges(changes);
  const paths = others.filter(
    ({ path, before, after }) =>
      after === undefined || path === SETTINGS_PATH || (before !== undefined && before.mode !== PLAIN_FILE),
  );
  return [...items.map(({ id }) => id), ...paths.map(({ path }) => path)].sort();
}
