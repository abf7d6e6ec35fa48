import { readTrailers } from '../codec/message.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { isVerb } from '../domain/transitions.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange } from '../store/port.ts';
import { checkMerge } from './check-merge.ts';
import { checkRepair, type SettingsState } from './check-repair.ts';
import { checkConfigure, checkRoot } from './check-settings.ts';
import { checkTransition } from './check-transition.ts';
import { type Blobs, readAfter, readItemFile, readSettingsFile } from './files.ts';
import { CommitFindings } from './findings.ts';
import { itemChanges } from './item-change.ts';
import { ReplayState } from './replay-state.ts';
import type { Finding } from './rules.ts';
import type { SignatureReport } from './signatures.ts';

export interface VerifyOptions {
  /**
   * A commit whose ledger is trusted as it stands: only what comes after it is checked. Every commit up to the tip must build
   * on it; `groundOf` tells.
   */
  from?: Oid | undefined;
  /** Called now and then with what was done so far. */
  onProgress?: ((progress: { commits: number; findings: number }) => void) | undefined;
}

export interface Verification {
  /** True where nothing was found. */
  ok: boolean;
  /** The commit that was trusted as it stands; `null` where history was replayed from its root. */
  from: Oid | null;
  tip: Oid;
  /** How many were checked. */
  commits: number;
  /** Commits of an item. */
  transitions: number;
  /** Items at the tip. */
  items: number;
  /** Oldest commit first. */
  findings: Finding[];
  /** Where signatures were checked. */
  signatures?: SignatureReport | undefined;
}

const BATCH = 250;

/**
 * Replays a ledger from its root, or from a commit that is trusted, and checks every commit: that it is one transition of one
 * item, that message and files agree, and that the command, decided again on the state before it, gives what was committed. A
 * commit that is wrong is reported, taken as it stands, and does not stop the replay.
 *
 * History with merges is followed in one order of several, so items beside the one that a commit touches can be newer than
 * what its author saw.
 *
 * @see RULES for what is checked
 */
export async function verifyLedger(
  store: LedgerStore,
  tip: Oid,
  options: VerifyOptions = {},
): Promise<Verification> {
  return (await replayLedger(store, tip, options)).verification;
}

/** As `verifyLedger`, and what is left at the tip. */
export async function replayLedger(
  store: LedgerStore,
  tip: Oid,
  { from, onProgress }: VerifyOptions = {},
): Promise<{ verification: Verification; state: ReplayState; settings: SettingsState }> {
  const audit = new Audit(store);
  if (from !== undefined) await audit.trust(from);
  for await (const batch of inBatches(store.commits({ to: tip, from }))) {
    const blobs = await readAfter(
      store,
      batch.flatMap(({ changes }) => changes),
    );
    for (const record of batch) await audit.take(record, blobs);
    onProgress?.({ commits: audit.commits, findings: audit.findings.length });
  }
  return { verification: audit.result(tip), state: audit.state, settings: audit.settings };
}

class Audit {
  readonly findings: Finding[] = [];
  readonly #store: LedgerStore;
  readonly state: ReplayState;
  readonly settings: SettingsState = { good: undefined, whole: false };
  readonly #seen = new Set<Oid>();
  #transitions = 0;
  #commits = 0;
  #from: Oid | null = null;

  constructor(store: LedgerStore) {
    this.#store = store;
    this.state = new ReplayState(store);
  }

  get commits(): number {
    return this.#commits;
  }

  /** Takes the ledger at `from` as it stands, with the transitions that were made and the ids that were given up to there. */
  async trust(from: Oid): Promise<void> {
    for await (const { oid, message } of this.#store.commits({ to: from, changes: false })) {
      const { values } = readTrailers(message);
      const op = values.get('Work-Op');
      if (op !== undefined) this.state.enter(op, oid);
      const id = values.get('Work-Item');
      if (id !== undefined && values.get('Work-Verb') === 'delete') this.state.view.markDeleted(id);
    }
    const entries = await this.#store.readTree(from);
    for (let at = 0; at < entries.length; at += BATCH) {
      const changes = entries
        .slice(at, at + BATCH)
        .map(({ path, mode, oid }): TreeChange => ({ path, before: undefined, after: { mode, oid } }));
      this.#adopt({ oid: from, changes }, await readAfter(this.#store, changes));
    }
    this.#seen.add(from);
    this.#from = from;
  }

  async take(record: CommitRecord, blobs: Blobs): Promise<void> {
    const findings = new CommitFindings(record);
    await this.#check(record, blobs, findings);
    this.#seen.add(record.oid);
    this.#commits += 1;
    this.findings.push(...findings.found);
  }

  async #check(record: CommitRecord, blobs: Blobs, findings: CommitFindings): Promise<void> {
    const { oid, parents, message } = record;
    if (parents.length > 1) return this.#merge(record, findings);
    const { values } = readTrailers(message);
    const op = values.get('Work-Op');
    const earlier = op === undefined ? undefined : this.state.enter(op, oid);
    if (earlier !== undefined) findings.add('op', `${op} stands in ${earlier.slice(0, 12)}, too`);
    const verb = values.get('Work-Verb') ?? '';
    if (parents.length === 0) return this.#root(record, blobs, findings);
    if (!parents.every((parent) => this.#seen.has(parent))) {
      findings.add('root', 'history is cut off here: its parent is missing');
      return this.#adopt(record, blobs);
    }
    if (verb === 'configure') {
      checkConfigure(record, blobs, this.state.view.settings, findings);
      return this.#adopt(record, blobs);
    }
    if (verb === 'repair') {
      checkRepair(record, blobs, this.state, this.settings, findings);
      return this.#adoptSettings(record.changes, blobs);
    }
    if (isVerb(verb)) this.#transitions += 1;
    await this.state.lookBack(itemChanges(record.changes).items);
    checkTransition(record, blobs, this.state, findings);
    if (verb === 'delete') {
      for (const { id, after } of itemChanges(record.changes).items)
        if (after.length === 0) this.state.letGo(id);
    }
    this.#adoptSettings(record.changes, blobs);
  }

  #root(record: CommitRecord, blobs: Blobs, findings: CommitFindings): void {
    if (this.#seen.size > 0) return findings.add('root', 'history has another root');
    checkRoot(record, blobs, findings);
    this.#adopt(record, blobs);
  }

  async #merge(record: CommitRecord, findings: CommitFindings): Promise<void> {
    const changes = await checkMerge(this.#store, record, this.state, findings);
    this.#adoptSettings(
      changes,
      await readAfter(
        this.#store,
        changes.filter(({ path }) => path === SETTINGS_PATH),
      ),
    );
  }

  /** Takes what a commit left without a look at how it came about. */
  #adopt({ oid, changes }: Pick<CommitRecord, 'oid' | 'changes'>, blobs: Blobs): void {
    for (const change of itemChanges(changes).items) {
      this.state.apply(
        change,
        change.after.map((file) => readItemFile(change.id, file, blobs)),
        oid,
      );
    }
    this.#adoptSettings(changes, blobs);
  }

  #adoptSettings(changes: readonly TreeChange[], blobs: Blobs): void {
    const file = readSettingsFile(changes, blobs);
    if (file === undefined) return;
    this.settings.whole = file.kind === 'settings';
    if (file.kind !== 'settings') return;
    this.state.view.settings = file.settings;
    this.settings.good = changes.find(({ path }) => path === SETTINGS_PATH)?.after?.oid;
  }

  result(tip: Oid): Verification {
    return {
      ok: this.findings.length === 0,
      from: this.#from,
      tip,
      commits: this.commits,
      transitions: this.#transitions,
      items: this.state.view.size,
      findings: this.findings,
    };
  }
}

async function* inBatches(records: AsyncIterable<CommitRecord>): AsyncIterable<CommitRecord[]> {
  let batch: CommitRecord[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
