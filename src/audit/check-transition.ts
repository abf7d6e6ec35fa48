import { encodeItem, isWrittenAs } from '../codec/item.ts';
import { decodeMessage, readTrailers } from '../codec/message.ts';
import { SETTINGS_PATH, STATES } from '../codec/path.ts';
import { readCommand, type TransitionEvent } from '../domain/commands.ts';
import { type Decision, decide } from '../domain/decide.ts';
import { isLedgerError, messageOf } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import { keysAsked } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { isProposal } from '../domain/verbs/approve.ts';
import { isOverdue } from '../domain/verbs/unblock.ts';
import { Unread } from '../projection/index-view.ts';
import type { CommitRecord, TreeChange } from '../store/port.ts';
import { checkProposal, checkRequest } from './check-times.ts';
import { checkOutcome, checkTrailers, checkWords, checkWritten } from './check-trailers.ts';
import {
  type Blobs,
  guessItemFile,
  type IntactFile,
  type ItemChange,
  type ItemFile,
  itemChanges,
  readItemFile,
  reportDamage,
} from './files.ts';
import { CommitFindings } from './findings.ts';
import type { Before, LedgerState } from './state.ts';

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
  const file = place && guessItemFile(step.change.id, place, blobs, step.before.file);
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
  if (!checkWritten(readTrailers(message), findings)) return undefined;
  const decoded = decodeMessage(message);
  if (decoded.kind === 'event') return decoded.event;
  findings.add('message', decoded.message);
  return undefined;
}

/** What one commit did to one item. */
export interface Step {
  record: CommitRecord;
  change: ItemChange;
  before: Before;
  /** `undefined` where the message is not of this item alone, or cannot be read. */
  event: TransitionEvent | undefined;
}

/** Holds what one commit did to one item against every rule about the item, its message and the ledger before it. */
function checkItem(step: Step, file: ItemFile | undefined, findings: CommitFindings): void {
  checkFile(step, file, findings);
  const { before, event, record } = step;
  const after = file?.kind === 'item' ? file : undefined;
  const subject = after?.item ?? before.item;
  if (file?.kind === 'damaged' || subject === undefined) return;
  if (before.damaged) findings.add('illegal:DAMAGED_ITEM', 'the file that it was decided on cannot be read');
  if (before.damaged || event === undefined) return checkBytes(after, undefined, findings);
  const fact = checkTrailers(event, subject, before.item, after?.item, findings);
  checkWords(record.message, { ...event, title: subject.title }, findings);
  checkBytes(after, decideAgain(before, after, fact, findings), findings);
}

/** What can be told from the files alone. */
function checkFile(
  { change: { id }, before, record }: Step,
  file: ItemFile | undefined,
  findings: CommitFindings,
): void {
  const { item, damaged, view } = before;
  if (file === undefined && readTrailers(record.message).values.get('Work-Verb') !== 'delete') {
    findings.add('deleted', `the file of ${id} is gone`);
  }
  const isNew = item === undefined && !damaged;
  if (isNew && view.wasUsed(id)) findings.add('reused', `the id ${id} was given before`);
  if (file?.kind !== 'item' || damaged) return;
  const { rev, claim } = file.item;
  const expected = (item?.rev ?? 0) + 1;
  if (rev !== expected) findings.add('rev', `rev is ${rev}; it should be ${expected}`);
  const [was, is] = [item?.claim?.epoch ?? 0, claim?.epoch ?? 0];
  if (is < was) findings.add('epoch', `the epoch fell from ${was} to ${is}`);
}

/** Reads the command back and decides it again. @returns the item it gives, as the ledger would number it here */
function decideAgain(
  { view, item }: Before,
  file: IntactFile | undefined,
  fact: TransitionEvent,
  findings: CommitFindings,
): Uint8Array | undefined {
  const after = file?.item;
  const command = readCommand(fact, item, after);
  if (command === undefined) {
    if (after !== undefined) findings.add('illegal:NOT_FOUND', `there was no item to ${fact.verb}`);
    return undefined;
  }
  try {
    const decision: Decision = decide(view, command);
    if (decision.kind === 'unchanged') {
      findings.add('content', `${command.verb}, decided again, has nothing to do`);
      return undefined;
    }
    checkOutcome(fact, decision.event, findings);
    if (decision.after === undefined) {
      if (after !== undefined) findings.add('content', `${command.verb}, decided again, removes the file`);
      return undefined;
    }
    // These two have rules of their own, and are not told twice.
    const { rev, last_op } = after ?? decision.after;
    const again = { ...decision.after, rev, last_op };
    return file?.inParts !== undefined && isWrittenAs(again, file.inParts) ? file.bytes : encodeItem(again);
  } catch (error) {
    // Whoever gave the view to the check reads that file, and checks again.
    if (error instanceof Unread) throw error;
    const code = isLedgerError(error) ? error.code : 'INTERNAL';
    const isFound = code === 'ID_TAKEN' && findings.has('reused');
    if (!isFound) findings.add(`illegal:${code}`, messageOf(error));
    return undefined;
  }
}

/** Where the decided item's bytes are the file's, they are the canonical ones as well, and nothing more is encoded. */
function checkBytes(
  file: IntactFile | undefined,
  decided: Uint8Array | undefined,
  findings: CommitFindings,
): void {
  if (file === undefined || decided === file.bytes) return;
  if (decided !== undefined && Buffer.compare(decided, file.bytes) === 0) return;
  const canonical = encodeAnyway(file.item);
  if (!canonical?.equals(file.bytes)) findings.add('canonical', 'the same item is written in other bytes');
  if (decided !== undefined && canonical !== undefined && !canonical.equals(decided)) {
    findings.add('content', `decided again, it gives another file: ${firstDifference(canonical, decided)}`);
  }
}

/** `undefined` for what would be larger than a file may be. */
function encodeAnyway(item: WorkItem): Buffer | undefined {
  try {
    return encodeItem(item);
  } catch {
    return undefined;
  }
}

function firstDifference(found: Buffer, decided: Uint8Array): string {
  const [a, b] = [found.toString().split('\n'), Buffer.from(decided).toString().split('\n')];
  const at = a.findIndex((line, index) => line !== b[index]);
  const index = at < 0 ? a.length : at;
  return `line ${index + 1} is ${JSON.stringify(a[index] ?? '')} and should be ${JSON.stringify(b[index] ?? '')}`;
}
