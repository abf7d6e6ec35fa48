import type { SignatureReader } from '../audit/signatures.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { LedgerView } from '../domain/view.ts';
import type { Projection } from '../projection/projection.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { TAKING } from '../sync/local.ts';
import type { Bar, Clock, Judge, LocalState } from '../sync/ports.ts';
import type { LedgerCheck, LedgerNotice } from './options.ts';
import {
  type Arrived,
  describeSuspect,
  GAINED,
  heldBack,
  hintOfSuspect,
  isRecordLost,
  readArrived,
  readGained,
  type Suspect,
  suspectsAbout,
  writeArrived,
} from './suspects.ts';

export interface ArrivalsOptions {
  check: LedgerCheck;
  state: LocalState;
  projection: Projection;
  signatures: SignatureReader | undefined;
  clock: Clock;
  /** The ledger's branch in this clone. */
  localRef: string;
  store(): Promise<LedgerStore>;
  notify(notice: LedgerNotice): void;
}

/** More commits that break a rule than these are no longer told apart. */
const MOST = 1_000;

/** Checks what arrives from the remote, each commit once, and keeps what was found wrong until it is answered for or undone. */
export class Arrivals implements Judge {
  readonly #options: ArrivalsOptions;

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  async check(from: Oid | undefined, to: Oid): ReturnType<Judge['check']> {
    const { projection, signatures, store } = this.#options;
    const { checkPending } = await import('../audit/check-pending.ts');
    return checkPending({ store: await store(), projection, signatures, now: this.#now(), from, to });
  }

  async arrived(seen: Oid): Promise<void> {
    const { check, state, store } = this.#options;
    // What is not shared is held against the rules by the exchange itself.
    writeGained(state, []);
    if (check === 'off') return;
    const before = readArrived(state);
    if (isRecordLost(state) || (check === 'full' && before?.full !== true)) return this.#checkAll(seen);
    if (before === undefined) return this.#join(seen);
    if (before.stop?.seen === seen) throw stopped(before.stop.suspect);
    if (before.checked === seen && before.stop === undefined) return;
    const from = await commonOf(await store(), before.checked, seen);
    // What was checked is of another history, or gone: it says nothing of this one.
    if (from === undefined) return this.#checkAll(seen);
    const known = from === before.checked ? before.suspects : await this.#stillThere(before, seen);
    // The branch was set back: what comes again is checked again.
    if (from === seen) writeArrived(state, { checked: seen, full: before.full, suspects: known });
    else await this.#judge({ ...before, suspects: known }, from, seen);
  }

  /** Of a branch that was rewritten, what is in question of it still. */
  async #stillThere({ suspects }: Arrived, seen: Oid): Promise<Suspect[]> {
    const store = await this.#options.store();
    const there: Suspect[] = [];
    for (const suspect of suspects)
      if ((await store.mergeBase(suspect.commit, seen)) === suspect.commit) there.push(suspect);
    return there;
  }

  shared(from: Oid | undefined, to: Oid): void {
    const { check, state } = this.#options;
    if (check === 'off') return;
    const before = readArrived(state);
    if (before === undefined && from === undefined)
      writeArrived(state, { checked: to, full: true, suspects: [] });
    else if (before !== undefined && before.checked === from) writeArrived(state, { ...before, checked: to });
  }

  bar(): Bar | undefined {
    const { check, state } = this.#options;
    const { suspects = [], stop } = (check === 'off' ? undefined : readArrived(state)) ?? {};
    return stop === undefined ? barBy(suspects) : () => stopped(stop.suspect);
  }

  async gained(from: Oid, to: Oid): Promise<Bar | undefined> {
    const { check, state, notify } = this.#options;
    if (check === 'off') return undefined;
    const found = await this.#find(from, to, []);
    const suspects = found.map(({ whole, ...suspect }) => toSuspect(suspect));
    const known = new Set(readGained(state).map(keyOf));
    const raised = suspects.filter((one) => !known.has(keyOf(one)));
    writeGained(state, suspects);
    if (raised.length > 0) notify(noticeOfSuspects(raised));
    const stop = suspects[found.findIndex(({ whole }) => whole)];
    return stop === undefined ? barBy(suspects) : () => broken(stop);
  }

  #now(): number {
    return Math.floor(this.#options.clock.now().getTime() / 1000);
  }

  /** History is checked from its root, whatever was known of it. */
  async #checkAll(seen: Oid): Promise<void> {
    const { store, signatures } = this.#options;
    const { checkHistory } = await import('../audit/check-arrived.ts');
    const found = await checkHistory({ store: await store(), signatures, to: seen });
    this.#keep({ checked: seen, full: true, suspects: [] }, seen, found);
  }

  /** A clone that joins trusts what it finds. One that lost its record trusts what it took over before. */
  async #join(seen: Oid): Promise<void> {
    const { state, store, notify, localRef } = this.#options;
    const own = await (await store()).readRef(localRef);
    const from = (own && (await commonOf(await store(), own, seen))) ?? seen;
    const trusted: Arrived = { checked: from, full: false, suspects: [] };
    writeArrived(state, trusted);
    notify({
      code: 'TRUSTED',
      message: `This clone trusts the ledger as it found it, at ${from.slice(0, 12)}, and checks what arrives from now on.`,
      hint: 'To check what led to it: wl verify',
    });
    if (from !== seen) await this.#judge(trusted, from, seen);
  }

  async #judge(before: Arrived, from: Oid, seen: Oid): Promise<void> {
    try {
      this.#keep(before, seen, await this.#find(from, seen, before.suspects));
    } catch (error) {
      // Newer rules are not for this program to judge by, and it writes nothing under them; a newer one checks all of it.
      if (!isLedgerError(error, 'UPGRADE_REQUIRED')) throw error;
    }
  }

  async #find(from: Oid, to: Oid, suspects: readonly Suspect[]): Promise<(Suspect & { whole: boolean })[]> {
    const { projection, signatures, store } = this.#options;
    const { checkArrived } = await import('../audit/check-arrived.ts');
    const known = suspects.map((suspect) => ({ ...suspect, whole: false }));
    return checkArrived({ store: await store(), projection, signatures, now: this.#now(), from, to, known });
  }

  /** @throws LedgerError `IN_QUESTION` where it is about more than items */
  #keep(before: Arrived, seen: Oid, found: readonly (Suspect & { whole: boolean })[]): void {
    const { state, notify } = this.#options;
    const suspects = found.map(({ whole, ...suspect }): Suspect => toSuspect(suspect));
    const stop = found.findIndex(({ whole }) => whole);
    const [first] = suspects;
    const suspect = suspects[stop] ?? (suspects.length > MOST ? first : undefined);
    if (suspect !== undefined) {
      writeArrived(state, { ...before, stop: { seen, suspect, suspects } });
      throw stopped(suspect);
    }
    writeArrived(state, { checked: seen, full: before.full, suspects });
    const known = new Set(before.suspects.map(keyOf));
    const raised = suspects.filter((one) => !known.has(keyOf(one)));
    if (raised.length > 0) notify(noticeOfSuspects(raised));
  }
}

/** The newest commit that two have in common; `undefined` as well where one of them is not there. */
async function commonOf(store: LedgerStore, one: Oid, other: Oid): Promise<Oid | undefined> {
  try {
    return await store.mergeBase(one, other);
  } catch (error) {
    if (isLedgerError(error, 'STORAGE_FAILED')) return undefined;
    throw error;
  }
}

function writeGained(state: Pick<LocalState, 'get' | 'set' | 'delete'>, found: readonly Suspect[]): void {
  if (found.length > 0) state.set(GAINED, JSON.stringify(found));
  else if (state.get(GAINED) !== undefined) state.delete(GAINED);
}

/** What may not be written while these commits stand. */
function barBy(suspects: readonly Suspect[]): Bar | undefined {
  if (suspects.length === 0) return undefined;
  return ({ verb, id }, view) => {
    if (id === undefined) return undefined;
    const [suspect] = suspectsAbout(suspects, id);
    if (suspect !== undefined) return inQuestion(id, suspect);
    return endsWait(verb) ? waiting(id, suspects, view) : undefined;
  };
}

const keyOf = ({ commit, rule, id }: Suspect): string => `${commit} ${rule} ${id}`;

const endsWait = (verb: string): boolean => verb === 'unblock' || TAKING.has(verb);

const toSuspect = ({ commit, rule, message, actor, id, items, files, standing }: Suspect): Suspect => ({
  ...{ commit, rule, message, actor, items, files },
  ...(standing === undefined ? {} : { standing }),
  ...(id === undefined ? {} : { id }),
});

function waiting(id: string, suspects: readonly Suspect[], view: LedgerView): LedgerError | undefined {
  for (const suspect of suspects)
    if (heldBack(view, [suspect]).has(id)) {
      const [other = ''] = suspect.items;
      return new LedgerError(
        'IN_QUESTION',
        `${id} waits for ${other}, which is in question: ${describeSuspect(suspect)}.`,
        { hint: hintOfSuspect(suspect), details: { commit: suspect.commit, rule: suspect.rule, id: other } },
      );
    }
  return undefined;
}

const inQuestion = (id: string, suspect: Suspect): LedgerError =>
  new LedgerError('IN_QUESTION', `${id} is in question: ${describeSuspect(suspect)}.`, {
    hint: hintOfSuspect(suspect),
    details: { commit: suspect.commit, rule: suspect.rule, id },
  });

const broken = (suspect: Suspect): LedgerError =>
  new LedgerError(
    'IN_QUESTION',
    `The branch of this clone is in question, so nothing is written on it: ${describeSuspect(suspect)}.`,
    { hint: hintOfSuspect(suspect), details: { commit: suspect.commit, rule: suspect.rule } },
  );

const stopped = (suspect: Suspect): LedgerError =>
  new LedgerError(
    'IN_QUESTION',
    `The ledger on the remote is in question, so nothing is written and nothing of it is taken over: ${describeSuspect(suspect)}.`,
    { hint: hintOfSuspect(suspect), details: { commit: suspect.commit, rule: suspect.rule } },
  );

/** What is told where items came to be in question. */
function noticeOfSuspects(suspects: readonly Suspect[]): LedgerNotice {
  const items = [...new Set(suspects.flatMap((suspect) => suspect.items))];
  const [first] = suspects;
  if (first === undefined) throw new Error('there is nothing to tell');
  const shown = items.slice(0, 3).join(', ');
  const more = items.length > 3 ? ` and ${items.length - 3} more` : '';
  const what =
    items.length === 0 ? 'A commit arrived that is not as it must be' : `In question: ${shown}${more}`;
  return { code: 'IN_QUESTION', message: `${what}; ${describeSuspect(first)}.`, hint: hintOfSuspect(first) };
}
