import { readTrailers } from '../codec/message.ts';
import { parsePath, possiblePaths, SETTINGS_PATH, type State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerView } from '../domain/view.ts';
import type { CommitRecord, Oid, TreeChange } from '../store/port.ts';
import { checkMerge } from './check-merge.ts';
import { checkConfigure, checkRoot } from './check-settings.ts';
import { checkTimes, requestedAt } from './check-times.ts';
import { checkTransition } from './check-transition.ts';
import { type Blobs, readAfter, readSettingsFile } from './files.ts';
import { CommitFindings } from './findings.ts';
import { itemChanges } from './item-change.ts';
import { MemoryView } from './memory-view.ts';
import { type Refusal, refusalOf } from './push-rules.ts';
import { PushState } from './push-state.ts';
import type { Finding } from './rules.ts';
import type { History } from './state.ts';
import { unknownSettings } from './unknown-settings.ts';

/** The objects of a repository together with those of a push. */
export interface Incoming extends History {
  /** The object at a path of a commit's tree. */
  find(commit: Oid, path: string): Promise<Oid | undefined>;
}

/** The ledger before the push. */
export interface Ground {
  tip: Oid;
  /** `use` may be called more than once: it must be pure until it returns. */
  read<T>(use: (view: LedgerView) => T): Promise<T>;
  /** Which of these transitions are in it, by `Work-Op`, each with its commit. */
  commitsOf(ops: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
  /** When what its tip records was asked for, in seconds since 1970. */
  requestedAt: number;
}

export interface Push {
  incoming: Incoming;
  /** `undefined` where the branch is new. */
  ground: Ground | undefined;
  /** What the branch is to point to. */
  tip: Oid;
  /** Seconds since 1970. */
  now: number;
}

/** Commits whose files are in memory at once: each file may have some megabytes. */
const BATCH = 25;
/** More files than any commit of a ledger touches; they are not even read. */
const MAX_FILES = 25;

/**
 * Checks what a push would add to a ledger's branch, by the rules of `verify`, from the state that it builds on. Nothing older
 * is read but what the pushed commits touch and what deciding them asks about.
 *
 * @returns why it is not to be taken; `undefined` where all of it is right
 */
export async function checkPush(push: Push): Promise<Refusal | undefined> {
  const { incoming, ground, tip } = push;
  if (tip === ground?.tip) return undefined;
  const records: CommitRecord[] = [];
  for await (const record of incoming.commits({ from: ground?.tip, to: tip })) records.push(record);
  const foreign = ground === undefined ? checkRoots(records) : checkLineage(records, ground.tip, tip);
  if (foreign !== undefined) return foreign;
  const ops = records.flatMap((record) => opOf(record) ?? []);
  const check = new PushCheck(push, (await ground?.commitsOf(ops)) ?? new Map());
  for (let at = 0; at < records.length; at += BATCH) {
    const some = records.slice(at, at + BATCH);
    const large = some.find(({ changes }) => changes.length > MAX_FILES);
    if (large !== undefined) {
      return { rule: 'size', message: `it touches ${large.changes.length} files`, commit: large.oid };
    }
    const blobs = await readAfter(
      incoming,
      some.flatMap(({ changes }) => changes),
    );
    for (const record of some) {
      const refusal = await check.take(record, blobs);
      if (refusal !== undefined) return refusal;
    }
  }
  return undefined;
}

/** What is new reaches the old tip exactly where one of its commits has it as a parent. */
function checkLineage(records: readonly CommitRecord[], old: Oid, tip: Oid): Refusal | undefined {
  const root = records.find(({ parents }) => parents.length === 0);
  if (root !== undefined) return { rule: 'root', message: 'history has another root', commit: root.oid };
  if (records.some(({ parents }) => parents.includes(old))) return undefined;
  const message = `it does not build on ${old.slice(0, 12)}, which the branch points to`;
  return { rule: 'non-fast-forward', message, commit: tip };
}

function checkRoots(records: readonly CommitRecord[]): Refusal | undefined {
  const root = records.filter(({ parents }) => parents.length === 0)[1];
  return root && { rule: 'root', message: 'history has another root', commit: root.oid };
}

const opOf = ({ message, parents }: CommitRecord): string | undefined =>
  parents.length > 1 ? undefined : readTrailers(message).values.get('Work-Op');

class PushCheck {
  readonly #incoming: Incoming;
  readonly #ground: Ground | undefined;
  readonly #now: number;
  readonly #state: PushState;
  readonly #ops: Map<string, Oid>;
  readonly #requested = new Map<Oid, number>();
  /** What a branch begins on that is new. */
  readonly #nothing: LedgerView | undefined;

  /** @param ops transitions of the push that happened before it */
  constructor({ incoming, ground, now }: Push, ops: ReadonlyMap<string, Oid>) {
    this.#incoming = incoming;
    this.#ground = ground;
    this.#now = now;
    this.#ops = new Map(ops);
    this.#state = new PushState(ground?.tip);
    if (ground === undefined) this.#nothing = new MemoryView(unknownSettings());
    else this.#requested.set(ground.tip, ground.requestedAt);
  }

  /** Checks one commit, and takes it where it is right. */
  async take(record: CommitRecord, blobs: Blobs): Promise<Refusal | undefined> {
    const { oid, parents } = record;
    const [first] = parents.length > 1 ? await this.#merge(record) : await this.#commit(record, blobs);
    if (first !== undefined) return refusalOf(first);
    this.#state.settle();
    this.#requested.set(oid, requestedAt(record));
    const parent = parents.map((one) => this.#requested.get(one)).find((at) => at !== undefined);
    return checkTimes(record, { parent, now: this.#now, skew: this.#state.settings.clock_skew_s });
  }

  async #commit(record: CommitRecord, blobs: Blobs): Promise<Finding[]> {
    await this.#learn(record.changes);
    return this.#read(() => {
      const findings = new CommitFindings(record);
      this.#judge(record, blobs, findings);
      return findings.found;
    });
  }

  #judge(record: CommitRecord, blobs: Blobs, findings: CommitFindings): void {
    const { oid, parents, message, changes } = record;
    const { values } = readTrailers(message);
    const op = values.get('Work-Op');
    const earlier = op === undefined ? undefined : this.#ops.get(op);
    if (earlier !== undefined && earlier !== oid)
      findings.add('op', `${op} stands in ${earlier.slice(0, 12)}, too`);
    if (op !== undefined && earlier === undefined) this.#ops.set(op, oid);
    if (parents.length === 0) checkRoot(record, blobs, findings);
    // What an item last was is told by all of history, which is not read for a push.
    else if (values.get('Work-Verb') === 'repair')
      findings.add('repair', 'a mend is let in on the server itself: see docs/hooks.md');
    else if (values.get('Work-Verb') === 'configure')
      checkConfigure(record, blobs, this.#state.settings, findings);
    else return checkTransition(record, blobs, this.#state, findings);
    this.#adoptSettings(changes, blobs);
  }

  async #merge(record: CommitRecord): Promise<Finding[]> {
    await this.#read(() => undefined);
    const { oid, parents } = record;
    const diffs = await Promise.all(parents.map((parent) => this.#incoming.diffTrees(parent, oid)));
    await this.#learn(diffs.flat());
    const findings = new CommitFindings(record);
    const changes = await checkMerge(this.#incoming, record, this.#state, findings);
    const settings = changes.filter(({ path }) => path === SETTINGS_PATH);
    this.#adoptSettings(settings, await readAfter(this.#incoming, settings));
    return findings.found;
  }

  #adoptSettings(changes: readonly TreeChange[], blobs: Blobs): void {
    const file = readSettingsFile(changes, blobs);
    if (file?.kind === 'settings') this.#state.settings = file.settings;
  }

  /** Reads which files items had before the push. */
  async #learn(changes: readonly TreeChange[]): Promise<void> {
    for (const { id } of itemChanges(changes).items) {
      if (!this.#state.knows(id)) this.#state.learn(id, await this.#filesOf(id));
    }
  }

  async #filesOf(id: WorkId): Promise<Map<State, Oid>> {
    const files = new Map<State, Oid>();
    if (this.#ground === undefined) return files;
    const { tip } = this.#ground;
    const places = possiblePaths(id).map(async (path) => ({
      state: parsePath(path)?.state,
      oid: await this.#incoming.find(tip, path),
    }));
    for (const { state, oid } of await Promise.all(places)) {
      if (state !== undefined && oid !== undefined) files.set(state, oid);
    }
    return files;
  }

  /** Asks the ledger as the push left it so far. */
  async #read<T>(use: () => T): Promise<T> {
    const on = (view: LedgerView): T => {
      this.#state.over(view);
      return use();
    };
    if (this.#ground !== undefined) return this.#ground.read(on);
    if (this.#nothing !== undefined) return on(this.#nothing);
    throw new Error('a push builds on something or on nothing');
  }
}
