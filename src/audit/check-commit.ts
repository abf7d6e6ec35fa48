// In one file over 300 lines: what one commit leaves is what the next is held against, and all that is left stands here.
import { readTrailers, type Trailers } from '../codec/message.ts';
import { SETTINGS_PATH } from '../codec/path.ts';
import { requireKnownRules } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import { isVerb } from '../domain/verbs.ts';
import type { CommitRecord, Oid, TreeChange, TreeFault } from '../store/port.ts';
import { type Acknowledging, checkAcknowledge } from './acknowledge.ts';
import { GroupCheck } from './check-groups.ts';
import {
  adoptMerged,
  checkMerge,
  checkMergeMessage,
  checkPolicies,
  commitsOfOldKeys,
  MAX_PARENTS,
  Merge,
} from './check-merge.ts';
import { checkRepair } from './check-repair.ts';
import { checkConfigure, checkRoot } from './check-settings.ts';
import { checkAhead, checkOrder } from './check-times.ts';
import { checkTransition } from './check-transition.ts';
import { type Blobs, itemChanges, readAfter, readItemFile, readSettingsFile } from './files.ts';
import { CommitFindings, describeFault } from './findings.ts';
import type { Finding } from './rules.ts';
import { type KeptProof, type OwedProof, signersOf } from './signatures.ts';
import type { History, LedgerState, Left } from './state.ts';
import { beginAt, type Dated, datedOf, joinTimes } from './timeline.ts';

const SHORT = 12;

/** A commit at hand, and what its parents left that are there. */
interface Opened {
  record: CommitRecord;
  trailers: Trailers;
  dated: Dated;
  before: readonly Left[];
  verb: string;
  op: string | undefined;
  /** An earlier commit of the same op. */
  earlier: Oid | undefined;
}

/** True for a commit that did one transition, and nothing beside it. */
const isPlain = ({ sound, message }: CommitRecord): boolean =>
  sound === true && isVerb(readTrailers(message).values.get('Work-Verb') ?? '');

/** @throws LedgerError `UPGRADE_REQUIRED` */
const requireRulesFor = ({ oid, parents }: CommitRecord, settings: LedgerSettings): void =>
  requireKnownRules(settings, `judge commit ${oid.slice(0, SHORT)}`, { commit: oid, parent: parents[0] });

/**
 * Holds commits against every rule, each after its parents, and takes each as it stands: whether to go on after one that is
 * wrong is the caller's to say.
 *
 * @see RULES for what is checked
 */
export class CommitCheck {
  readonly #store: History;
  readonly #state: LedgerState;
  readonly #left = new Map<Oid, Left>();
  /** The settings of commits that are not to stand, until somebody answers for them. */
  readonly #distrusted = new Map<Oid, LedgerSettings>();
  /** Commits that were found to be dated ahead by a later one. */
  readonly #ahead = new Set<Oid>();
  /** Commits that policy asks to be signed, oldest first. */
  readonly owed: OwedProof[] = [];
  /** Signatures that are to hold as well by what a merge brought them together with. */
  readonly kept: KeptProof[] = [];
  readonly groups = new GroupCheck();
  /** Commits that acknowledge findings, in order; whether these are there is the caller's to say. */
  readonly acknowledging: Acknowledging[] = [];
  #transitions = 0;

  /** Of the commit at hand, which may be asked about more than once. */
  #acknowledged: Acknowledging | undefined;
  readonly #looksAtTrees: boolean;

  /** @param looksAtTrees false where it is known that no tree of the commits has a fault */
  constructor(store: History, state: LedgerState, looksAtTrees = true) {
    this.#store = store;
    this.#state = state;
    this.#looksAtTrees = looksAtTrees;
  }

  /** Commits so far that have the verb of a transition. */
  get transitions(): number {
    return this.#transitions;
  }

  /** A commit that is not checked: what it left is what others build on. */
  trust(commit: Oid, left: Left): void {
    this.#left.set(commit, left);
  }

  /** A commit that is not to stand: those that build on it are held against the policy and the time of its parent. */
  async distrust({ oid, parents: [parent], changes }: CommitRecord): Promise<void> {
    const [left] = parent === undefined ? [] : await this.#leftBy([parent]);
    if (left === undefined) return;
    if (changes.some(({ path }) => path === SETTINGS_PATH))
      this.#distrusted.set(oid, this.#left.get(oid)?.settings ?? left.settings);
    this.#left.set(oid, left);
  }

  /**
   * @param now seconds since 1970, where the commit is to be held against a clock
   * @returns what is wrong with it, and what it shows to be wrong with commits before it
   * @throws LedgerError `UPGRADE_REQUIRED` where it is under rules that this program does not know, or leaves the ledger under such
   */
  async check(record: CommitRecord, blobs: Blobs, now?: number): Promise<Finding[]> {
    const faults =
      this.#looksAtTrees && !record.sound
        ? await this.#store.treeFaults(record.oid, await this.#there(record.parents))
        : [];
    const found = new CommitFindings(record);
    for (const { path, fault, mode } of faults) found.add(`tree:${fault}`, describeFault({ path, mode }));
    const findings = await this.#checkNamed(...(await this.#asNamed(record, blobs, faults)), now);
    const all = [...found.found, ...findings.found];
    this.stand(record, all);
    return all;
  }

  /** Whether a commit may be undone; where it is right, what it builds on or answers for stands from here on. */
  stand(record: CommitRecord, findings: readonly Finding[]): void {
    const { oid, message, parents } = record;
    const { undoing } = this.#state;
    const own = findings.filter(({ commit }) => commit === oid);
    if (own.length > 0) return undoing.suspect(record, own, this.#left);
    if (parents.length !== 1) return;
    if (readTrailers(message).values.get('Work-Verb') === 'repair') return this.#state.undo(record);
    undoing.buildOn(record);
    const answer = this.acknowledging.findLast((one) => one.record.oid === oid);
    if (answer === undefined || !undoing.answer(answer.commit, answer.findings)) return;
    const [settings, left] = [this.#distrusted.get(answer.commit), this.#left.get(oid)];
    if (settings !== undefined && left !== undefined && undoing.rightSettings === undefined)
      this.#left.set(oid, { ...left, settings });
  }

  /**
   * What a commit changed, of what a path can name. Git compares trees line by line, which tells something else where lines are not
   * as git writes them.
   */
  async #asNamed(
    record: CommitRecord,
    blobs: Blobs,
    faults: readonly TreeFault[],
  ): Promise<[CommitRecord, Blobs]> {
    const [parent, ...others] = record.parents;
    const isRepair = readTrailers(record.message).values.get('Work-Verb') === 'repair';
    if (parent === undefined || others.length > 0 || (faults.length === 0 && !isRepair))
      return [record, blobs];
    const changes = await this.#store.diffTrees(parent, record.oid);
    return [{ ...record, changes }, await readAfter(this.#store, changes)];
  }

  /**
   * As `check`, of commits in a row, each of which has the one before it as its only parent: those that did what they say, and nothing
   * else, are asked about together. It ends after one that is wrong, or before one that is to be checked by itself.
   *
   * @returns of how many commits it knows now, and what is wrong with the last of them
   */
  async checkTogether(
    records: readonly CommitRecord[],
    blobs: Blobs,
  ): Promise<{ checked: number; found: Finding[] }> {
    const [first] = records;
    const [parent] = first?.parents ?? [];
    const [left] = parent === undefined ? [] : await this.#leftBy([parent]);
    const alone = records.findIndex(
      (record, at) => !isPlain(record) || (at > 0 && record.parents[0] !== records[at - 1]?.oid),
    );
    const some = records.slice(0, alone < 0 ? undefined : alone);
    if (left === undefined || some.length === 0) return { checked: 0, found: [] };
    for (const record of some) await this.#state.prepare(record, record.changes);
    let checked = 0;
    let before = left;
    let found: Finding[] = [];
    let opened: Opened | undefined;
    await this.#state.ask(() => {
      // Asked once more, it goes on where it was.
      for (let record = some[checked]; record !== undefined && found.length === 0; record = some[checked]) {
        opened ??= this.#open(record, [before]);
        const { found: wrong, left: now } = this.#close(opened, this.#judgeSingle(record, opened, blobs));
        [opened, before, found] = [undefined, now, wrong.found];
        this.stand(record, found);
        checked += 1;
      }
    });
    return { checked, found };
  }

  async #checkNamed(record: CommitRecord, blobs: Blobs, now: number | undefined): Promise<CommitFindings> {
    const opened = this.#open(record, await this.#leftBy(record.parents));
    const merge = record.parents.length > 1 ? await this.#readMerge(record) : undefined;
    await this.#state.prepare(record, merge?.changes ?? record.changes);
    const findings =
      merge !== undefined
        ? await this.#merge(record, merge, opened.before)
        : await this.#single(record, opened, blobs);
    return this.#close(opened, findings, now).found;
  }

  async #single(record: CommitRecord, opened: Opened, blobs: Blobs): Promise<CommitFindings> {
    const findings = await this.#state.ask(() => this.#judgeSingle(record, opened, blobs));
    if (this.#acknowledged !== undefined) this.acknowledging.push(this.#acknowledged);
    this.#acknowledged = undefined;
    this.#adoptSettings(record.changes, blobs);
    return findings;
  }

  #open(record: CommitRecord, before: readonly Left[]): Opened {
    const trailers = readTrailers(record.message);
    const [parent] = before;
    for (const { settings } of before) requireRulesFor(record, settings);
    if (parent !== undefined) this.#state.settings = parent.settings;
    const verb = trailers.values.get('Work-Verb') ?? '';
    const op = record.parents.length > 1 ? undefined : trailers.values.get('Work-Op');
    if (record.parents.length < 2 && isVerb(verb)) this.#transitions += 1;
    const earlier = op === undefined ? undefined : this.#state.enter(op, record.oid);
    return { record, trailers, dated: datedOf(record, trailers), before, verb, op, earlier };
  }

  #close(
    { record, trailers, dated, before }: Opened,
    findings: CommitFindings,
    now?: number,
  ): { found: CommitFindings; left: Left } {
    const state = this.#state;
    const [parent] = before;
    if (record.parents.length === 1 && parent !== undefined)
      this.#owe(record, trailers.values.get('Work-Actor') ?? '', parent.settings, findings);
    let time = joinTimes(before.map((one) => one.time));
    if (parent !== undefined && time !== undefined) {
      const order = checkOrder(dated, time, parent.settings, findings);
      time = order.time;
      findings.found.push(...order.before.filter((found) => !this.#ahead.has(found.commit)));
      for (const { commit } of order.before) this.#ahead.add(commit);
    }
    if (record.fault !== undefined) findings.add('commit', record.fault);
    const broken = this.groups.check(record, trailers.values, findings);
    if (broken !== undefined) this.stand(broken, findings.found);
    if (now !== undefined) checkAhead(dated, now, parent?.settings ?? state.settings, findings);
    requireRulesFor(record, state.settings);
    state.settle();
    const left = { settings: state.settings, time: time ?? beginAt(dated.recorded) };
    this.#left.set(record.oid, left);
    return { found: findings, left };
  }

  async #there(parents: readonly Oid[]): Promise<Oid[]> {
    const there: Oid[] = [];
    for (const parent of parents.slice(0, MAX_PARENTS))
      if ((await this.#leftBy([parent])).length > 0) there.push(parent);
    return there;
  }

  /** What the parents left that are there. */
  async #leftBy(parents: readonly Oid[]): Promise<Left[]> {
    const found: Left[] = [];
    for (const parent of parents) {
      const left = this.#left.get(parent) ?? (await this.#state.recall(parent));
      if (left === undefined) continue;
      this.#left.set(parent, left);
      found.push(left);
    }
    return found;
  }

  #judgeSingle(record: CommitRecord, opened: Opened, blobs: Blobs): CommitFindings {
    const { before, verb, op, earlier } = opened;
    const found = new CommitFindings(record);
    if (earlier !== undefined) found.add('op', `${op} stands in ${earlier.slice(0, SHORT)}, too`);
    this.#judge(record, verb, before.length < record.parents.length, blobs, found);
    return found;
  }

  #judge(
    record: CommitRecord,
    verb: string,
    isCutOff: boolean,
    blobs: Blobs,
    findings: CommitFindings,
  ): void {
    if (record.parents.length === 0) {
      if (this.#left.size > 0) return findings.add('root', 'history has another root');
      checkRoot(record, blobs, findings);
      return this.#adopt(record, blobs);
    }
    if (isCutOff) {
      findings.add('root', 'history is cut off here: its parent is missing');
      return this.#adopt(record, blobs);
    }
    if (verb === 'configure') {
      checkConfigure(record, blobs, this.#state.settings, findings);
      return this.#adopt(record, blobs);
    }
    if (verb === 'acknowledge') {
      const read = checkAcknowledge(
        record,
        this.#state.undoing.rightSettings ?? this.#state.settings,
        findings,
      );
      this.#acknowledged = read;
      return this.#adopt(record, blobs);
    }
    if (verb === 'repair') return checkRepair(record, blobs, this.#state, findings);
    checkTransition(record, blobs, this.#state, findings);
    if (verb !== 'delete') return;
    for (const { id, after } of itemChanges(record.changes).items)
      if (after.length === 0) this.#state.letGo(id);
  }

  /** By the settings before the commit; who signed is asked for all commits at once. */
  #owe(
    record: CommitRecord,
    actor: string,
    { signatures }: LedgerSettings,
    { id, keys, follows }: CommitFindings,
  ): void {
    const known = signatures === 'required' && !follows;
    if (known || keys.length > 0)
      this.owed.push({ commit: record.oid, signers: signersOf(record), actor, id, known, keys });
  }

  async #readMerge({ oid, parents }: CommitRecord): Promise<Merge> {
    return Merge.read(this.#store, oid, await this.#there(parents));
  }

  async #merge(record: CommitRecord, merge: Merge, parents: readonly Left[]): Promise<CommitFindings> {
    const findings = new CommitFindings(record);
    await checkMergeMessage(this.#store, record, findings);
    const { length } = record.parents;
    if (parents.length < length) {
      findings.add('root', 'history is cut off here: a parent is missing');
    } else if (length > MAX_PARENTS) {
      findings.add('merge', `it has ${length} parents; ${MAX_PARENTS} are allowed`);
    } else {
      const settingsAt = async (commit: Oid) => (await this.#leftBy([commit]))[0]?.settings;
      await checkPolicies(merge, settingsAt, findings);
      await checkMerge(merge, this.#state, findings);
      if (parents.some(({ settings }) => settings.signatures === 'required'))
        await this.#oweMerge(record, merge);
    }
    await adoptMerged(this.#store, merge, this.#state);
    const settings = merge.changes.filter(({ path }) => path === SETTINGS_PATH);
    if (settings.length > 0) this.#adoptSettings(settings, await readAfter(this.#store, settings));
    return findings;
  }

  /**
   * Who merges answers for what comes of it, but for a tree that is signed for already. A key that one side no longer knows does
   * not sign for the other.
   */
  async #oweMerge(record: CommitRecord, merge: Merge): Promise<void> {
    const { oid } = record;
    const signers = signersOf(record);
    if (!merge.isPlain)
      this.owed.push({ commit: oid, signers, actor: undefined, id: undefined, known: true, keys: [] });
    for (const commit of await commitsOfOldKeys(merge)) {
      const actor =
        commit.parents.length > 1 ? undefined : readTrailers(commit.message).values.get('Work-Actor');
      this.kept.push({ merge: oid, commit: commit.oid, signers: signersOf(commit), actor });
    }
  }

  /** Takes the items that a commit left without a look at how they came about. */
  #adopt({ oid, changes }: CommitRecord, blobs: Blobs): void {
    for (const change of itemChanges(changes).items) {
      const read = change.after.map((file) => readItemFile(change.id, file, blobs));
      this.#state.apply(change, read, oid);
    }
  }

  #adoptSettings(changes: readonly TreeChange[], blobs: Blobs): void {
    const file = readSettingsFile(changes, blobs);
    if (file !== undefined) this.#state.adoptSettings(file);
  }
}
