import { decodeMessage, readTrailers } from '../codec/message.ts';
import { SETTINGS_PATH, STATES } from '../codec/path.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import { isOverdue } from '../domain/consequences.ts';
import { keysAsked } from '../domain/policy.ts';
import { isProposal } from '../domain/pull-request.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord, TreeChange } from '../store/port.ts';
import { checkItem, type Step } from './check-item.ts';
import { checkProposal, checkRequest } from './check-request.ts';
import { type Blobs, guessItemFile, type ItemFile, readItemFile, reportDamage } from './files.ts';
import { CommitFindings } from './findings.ts';
import { itemChanges } from './item-change.ts';
import type { LedgerState } from './state.ts';

/** Checks a commit that should be one transition of one item, and takes over what it left. */
export function checkTransition(
  record: CommitRecord,
  blobs: Blobs,
  state: LedgerState,
  findings: CommitFindings,
): void {
  const { items, others } = itemChanges(record.changes);
  const [change] = items;
  if (items.length === 1 && change !== undefined) findings.id = change.id;
  // What names a file comes first: of several findings, people are told one.
  for (const other of others) reportOther(other, findings);
  if (items.length !== 1)
    findings.add('item', `it touches ${items.length === 0 ? 'no item' : `${items.length} items`}`);
  const event = readEvent(record, findings);
  if (event !== undefined && !isProposal(event)) checkRequest(event, record, findings);
  for (const one of items) {
    const before = state.before(one, findings);
    if (event !== undefined && isProposal(event))
      checkProposal(event, record, before.view.settings.clock_skew_s, findings);
    const stood = state.statesOf(one.id).length;
    const step = { record, before, event: items.length === 1 ? event : undefined, change: one };
    const read = checkQuickly(step, blobs) ?? checkClosely(step, blobs, findings);
    findings.follows =
      event?.verb === 'unblock' && before.item !== undefined && isOverdue(before.view, before.item);
    findings.keys = findings.follows ? [] : keysOf(step, read, state.settings);
    state.apply(one, read, record.oid);
    const places = state.statesOf(one.id);
    if (places.length > Math.max(1, stood))
      findings.add('path', `${one.id} stands in ${places.join('/ and ')}/`);
  }
}

/** An item that begins is under the rules for what it is to be. */
function keysOf({ before, event }: Step, [file]: readonly ItemFile[], settings: LedgerSettings): string[][] {
  if (event === undefined || settings.roles === undefined) return [];
  const item = before.item ?? (file?.kind === 'item' ? file.item : undefined);
  return keysAsked(settings, event.verb, event.actor, item);
}

/** Where nothing is found, the bytes were compared, and the quick reading was right; anything else is looked at closely. */
function checkQuickly(step: Step, blobs: Blobs): ItemFile[] | undefined {
  const [place, ...more] = step.change.after;
  const file = place && guessItemFile(step.change.id, place, blobs);
  if (file === undefined || more.length > 0) return undefined;
  const trial = new CommitFindings(step.record);
  checkItem(step, file, trial);
  return trial.found.length === 0 ? [file] : undefined;
}

function checkClosely(step: Step, blobs: Blobs, findings: CommitFindings): ItemFile[] {
  const { id, after } = step.change;
  const files = after.map((file) => readItemFile(id, file, blobs));
  for (const file of files) reportDamage(file, findings);
  checkItem(step, files.at(-1), findings);
  return files;
}

function reportOther({ path }: TreeChange, findings: CommitFindings): void {
  const isItems = STATES.some((state) => path.startsWith(`${state}/`));
  if (path === SETTINGS_PATH) findings.add('configure', `it changes ${path}`);
  else if (isItems) findings.add('path', `no item belongs at ${path}`);
  else findings.add('item', `${path} is no file of an item`);
}

function readEvent({ message }: CommitRecord, findings: CommitFindings): TransitionEvent | undefined {
  const { repeated } = readTrailers(message);
  if (repeated.length > 0) {
    findings.add('repeated', `${repeated.join(', ')} occurs more than once`);
    return undefined;
  }
  const decoded = decodeMessage(message);
  if (decoded.kind === 'event') return decoded.event;
  findings.add('message', decoded.message);
  return undefined;
}
