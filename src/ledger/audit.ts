import type { Blame, ItemDiff, Version } from '../audit/diff.ts';
import type { Report } from '../audit/report/report.ts';
import type { Verification } from '../audit/verify.ts';
import { checkOptions, orNull, text } from '../domain/check-input.ts';
import type { WorkId } from '../domain/ids.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import type { Damage } from '../projection/index-view.ts';
import { listItems, needOf } from '../query/filter.ts';
import { notFound } from '../query/resolve.ts';
import type { Oid } from '../store/port.ts';
import type { Acknowledgements } from './acknowledge.ts';
import { type Connection, checkCall, currentTip, readNow } from './connection.ts';
import * as inputs from './inputs.ts';

/** What happened, and whether it happened by the rules. No call touches the network; every one can throw `INVALID_INPUT`. */
export class LedgerAudit {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Transitions of one item, oldest first; also of one that was deleted. */
  async history(id: WorkId): Promise<HistoryEntry[]> {
    checkCall(this.#connection, 'history', { id: [text, id] });
    return this.#connection.projection.history(await currentTip(this.#connection), id);
  }

  /** The newest transitions of the ledger that match, newest first; 20 unless `limit` says otherwise. */
  async log(options: inputs.LogOptions = {}): Promise<HistoryEntry[]> {
    checkCall(this.#connection, 'log', {}, inputs.LOG, options);
    const { swarm_name, limit = NEWEST, ...filter } = options;
    const ofSwarm = { swarm_name, all: true };
    const swarm =
      swarm_name === undefined
        ? undefined
        : await readNow(this.#connection, (view) => listItems(view, ofSwarm), needOf(ofSwarm));
    const among = swarm?.map(({ id }) => id);
    const items = among && (filter.items?.filter((id) => among.includes(id)) ?? among);
    const { projection } = this.#connection;
    return projection.newest(await currentTip(this.#connection), limit, {
      ...filter,
      items: items ?? filter.items,
    });
  }

  /**
   * How two versions of an item differ, by field; also of one that was deleted. Without `revisions`, what was done last.
   *
   * @param revisions `A..B`, or one that is compared with the one before it; each a `rev` or a commit
   * @throws LedgerError `NOT_FOUND`, `DAMAGED_ITEM`
   */
  async diff(id: WorkId, revisions?: string): Promise<ItemDiff> {
    checkCall(this.#connection, 'diff', { id: [text, id], revisions: [orNull(text), revisions ?? null] });
    const { diffVersions } = await import('../audit/diff.ts');
    return diffVersions(id, await this.#versions(id), revisions);
  }

  /** Who gave each field of an item the value that it has, or had last. @throws LedgerError `NOT_FOUND` */
  async blame(id: WorkId): Promise<Blame[]> {
    checkCall(this.#connection, 'blame', { id: [text, id] });
    const { blameFields } = await import('../audit/diff.ts');
    return blameFields(await this.#versions(id));
  }

  async #versions(id: WorkId): Promise<Version[]> {
    const { readVersions } = await import('../audit/diff.ts');
    const tip = await currentTip(this.#connection);
    const versions = await readVersions(await this.#connection.store(), tip, id);
    if (versions.length === 0) throw notFound(id, []);
    return versions;
  }

  /** Throughput, lead and cycle time, attempts and what is open, of a period; up to now and from the beginning, unless it says. */
  async report(period: { since?: string | undefined; until?: string | undefined } = {}): Promise<Report> {
    checkCall(this.#connection, 'report', {}, inputs.PERIOD, period);
    const [{ reportOn }, { listRejected }] = await Promise.all([
      import('../audit/report/report.ts'),
      import('../sync/rejected.ts'),
    ]);
    const { since = null, until = this.#connection.clock.now().toISOString() } = period;
    const entries = (await this.log({ limit: Number.POSITIVE_INFINITY, until })).reverse();
    const items = await readNow(this.#connection, (view) => listItems(view, { all: true }), 'all');
    return reportOn({
      entries,
      swarms: new Map(items.flatMap(({ id, swarm_name }) => (swarm_name ? [[id, swarm_name]] : []))),
      lostRaces: await listRejected(await this.#connection.store()),
      since,
      until,
    });
  }

  /** Files that cannot be read as what they should be; with `all`, finished work is looked at too. */
  async damaged(options: { all?: boolean | undefined } = {}): Promise<Damage[]> {
    checkCall(this.#connection, 'damaged', {}, inputs.DAMAGED, options);
    const all = options.all ?? false;
    return readNow(this.#connection, (view) => view.damage(all), all ? 'all' : 'open');
  }

  /**
   * Replays this clone's branch from its root, or as the call says, and holds every commit against the rules of the ledger.
   *
   * @see RULES in src/audit/rules.ts
   * @throws LedgerError `INVALID_INPUT` and `NOT_FOUND` for a range that is none; the signal's reason where it was given up
   */
  async verify(call: inputs.VerifyCall = {}): Promise<Verification> {
    checkCall(this.#connection, 'verify', {}, inputs.VERIFY, call);
    if (call.signatures !== undefined) checkOptions('verify', inputs.SIGNATURES, call.signatures);
    call.signal?.throwIfAborted();
    const { verify } = await import('./verify.ts');
    return verify(this.#connection, call);
  }

  /**
   * Answers for what was found at a commit: it stays in history, and `verify` lists it apart. What else is found there, by another
   * rule or of another item, stays a finding. Made on the shared tip, and shared at once.
   *
   * @param commit its name, or how that begins
   * @throws LedgerError `INVALID_INPUT` where nothing of that was found there; `NOT_FOUND`, `POLICY_DENIED`, `REMOTE_UNREACHABLE`,
   *   `REMOTE_REFUSED`, `CONTENDED`
   */
  async acknowledge(commit: Oid, options: inputs.AcknowledgeOptions): Promise<Acknowledgements> {
    checkCall(this.#connection, 'acknowledge', { commit: [text, commit] }, inputs.ACKNOWLEDGE, options);
    const { acknowledge } = await import('./acknowledge.ts');
    return acknowledge(this.#connection, commit, options);
  }
}

const NEWEST = 20;
