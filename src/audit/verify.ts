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

export interface VerifyOptions {
  /** Called now and then with what was done so far. */
  onProgress?: ((progress: { commits: number; findings: number }) => void) | undefined;
}

export interface Verification {
  /** True where nothing was found. */
  ok: boolean;
  tip: Oid;
  commits: number;
  /** Commits of an item. */
  transitions: number;
  /** Items at the tip. */
  items: number;
  /** Oldest commit first. */
  findings: Finding[];
}

const BATCH = 250;

/**
 * Replays a ledger from its root and checks every commit: that it is one transition of one item, that message and files agree,
 * and that the command, decided again on the state before it, gives what was committed. A commit that is wrong is reported,
 * taken as it stands, and does not stop the replay.
 *
 * History with merges is followed in one order of several, so items beside the one that a commit touches can be newer than
 * what its author saw.
 *
 * @see RULES for what is checked
 */
export async function verifyLedger(
  store: LedgerStore,
  tip: Oid,
  { onProgress }: VerifyOptions = {},
): Promise<Verification> {
  return (await replayLedger(store, tip, { onProgress })).verification;
}

/** As `verifyLedger`, and what is left at the tip. */
export async function replayLedger(
  store: LedgerStore,
  tip: Oid,
  { onProgress }: VerifyOptions = {},
): Promise<{ verification: Verification; state: ReplayState; settings: SettingsState }> {
  const audit = new Audit(store);
  for await (const batch of inBatches(store.commits({ to: tip }))) {
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

  constructor(store: LedgerStore) {
    this.#store = store;
    this.state = new ReplayState(store);
  }

  get commits(): number {
    return this.#seen.size;
  }

  async take(record: CommitRecord, blobs: Blobs): Promise<void> {
    const findings = new CommitFindings(record);
    await this.#check(record, blobs, findings);
    this.#seen.add(record.oid);
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
    await checkTransition(record, blobs, this.state, findings);
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
  #adopt({ oid, changes }: CommitRecord, blobs: Blobs): void {
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
