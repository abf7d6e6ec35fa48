import type { AuxiliaryFile, SettingsPatch } from '../domain/configure.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { WORK_STATUSES } from '../domain/item.ts';
import type { Host } from '../hosts/list.ts';
import type { RejectedTransition } from '../sync/rejected.ts';
import type { ImportInput } from '../transfer/formats.ts';
import { currentTip } from './connection.ts';
import type { SetAside } from './executions.ts';
import { FinishingVerbs } from './finishing-verbs.ts';
import type { Acting, LedgerStatus, RecoverOptions, SyncReport } from './inputs.ts';
import type { LaidFiles, LayOptions } from './lay-host.ts';
import type { RecoveredWork } from './recover.ts';
import { type TransitionResult, toResult } from './results.ts';
import type { ImportCall, ImportReport } from './transfer.ts';

/**
 * The ledger of one clone: every transition and every question. Opened with `openLedger`.
 *
 * A transition returns when the shared remote has it (mode `push`), or when this clone has it (`local`, or no remote). A race
 * that someone else won is a value, `{ ok: false }`; a caller's mistake is a thrown `LedgerError`. Besides its own errors,
 * every transition can throw `REMOTE_UNREACHABLE` (`details.saved` waits for the next sync, `details.sent` was taken
 * where pushes go and is not read yet, `details.withdrawn` was not made), `REMOTE_STALE`, `CONTENDED`, `HISTORY_REWRITTEN`, `STORAGE_FAILED`, `PERMISSION_DENIED`, and `NOT_FOUND` for an id that no item has.
 */
export class WorkLedger extends FinishingVerbs {
  /**
   * Asks the remote, and gives back work whose holder gave no sign of life for a lease, with the evidence in the commit. What
   * has no attempt left fails as exhausted, and an escalation is opened. Whose holder gave a sign meanwhile is left alone.
   *
   * @param options `liveness` tells what is known of executions beside the ledger; without it, only history shows signs
   * @returns the items that are pending again, or failed
   */
  async recoverOrphanedWork({ actor, liveness }: RecoverOptions = {}): Promise<RecoveredWork[]> {
    if (this.publishes) await this.fetch();
    const orphans = await this.getOrphanedWork({ liveness });
    if (orphans.length === 0) return [];
    const { recoverOrphans } = await import('./recover.ts');
    return recoverOrphans(this, orphans, actor);
  }

  /**
   * Imports items of another tracker, or of an export. What stands in the ledger already, by its id in the source, stays as it is:
   * importing again, or in two clones at once, makes nothing twice.
   *
   * @throws LedgerError `REMOTE_UNREACHABLE` where the remote could not be asked first: nothing was imported
   */
  async importWork(input: ImportInput, call: ImportCall = {}): Promise<ImportReport> {
    const { importWork } = await import('./transfer.ts');
    return importWork(this, input, call);
  }

  /**
   * Makes claims this clone's own again that are set aside since it has a new name: those of `ids`, or all that the actor still
   * holds. For whoever knows that the work goes on here and nowhere else.
   *
   * @throws LedgerError `NOT_FOUND` where nothing of an id is set aside
   */
  async adoptClaims(ids?: readonly WorkId[], { actor = this.actor }: Acting = {}): Promise<SetAside[]> {
    const { adoptClaims } = await import('./resume.ts');
    return adoptClaims(await this.executions(), { ids, actor }, (id) => this.findWork(id));
  }

  /** Changes settings that all clones share, and sets files beside items. @returns whether anything changed */
  async configure(
    patch: SettingsPatch,
    { actor, files }: Acting & { files?: readonly AuxiliaryFile[] | undefined } = {},
  ): Promise<boolean> {
    const [outcome] = await this.run([{ ...this.request(actor), verb: 'configure', patch, files }], false);
    if (outcome?.kind === 'refused' || outcome?.kind === 'lost') throw outcome.error;
    return outcome?.kind === 'accepted';
  }

  /** Lays the files of a host on the branch; what is there already stays as it is. @throws LedgerError as `configure` */
  async layHost(host: Host, options: LayOptions): Promise<LaidFiles> {
    const { layHost } = await import('./lay-host.ts');
    return layHost(this, host, options);
  }

  /** Fetches, settles what is pending, and pushes it, with what follows from what a host merged. @throws LedgerError `NO_REMOTE`, `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN` */
  async sync(): Promise<SyncReport> {
    const settled = await (await this.connection.write()).sync.sync();
    return {
      accepted: settled.filter(({ kind }) => kind === 'accepted').length,
      lost: settled.flatMap((one) =>
        one.kind === 'lost' ? [{ op: one.op, id: idIn(one.error), message: one.error.message }] : [],
      ),
      tip: await currentTip(this.connection),
    };
  }

  /** Takes over what others did, and pushes nothing. No-op without a remote. */
  async fetch(): Promise<void> {
    await (await this.connection.write()).sync.fetch();
  }

  /** Where this clone stands: tips, pending and rejected transitions, counts. Asks no one. */
  async status(): Promise<LedgerStatus> {
    const { branch, place } = this.connection;
    const { readCommits } = await import('../sync/read-commits.ts');
    const { store, context } = await this.connection.write();
    const { tip, fetched_at } = await this.asOf();
    const seen = context.remote && (await store.readRef(context.remote.seenRef));
    const shared = context.remote === undefined || seen === tip;
    const pending = shared ? [] : await readCommits(store, seen, tip);
    const counts = await this.read((view) => view.counts());
    const damaged = await this.damaged();
    return {
      place,
      branch,
      mode: this.mode,
      remote: this.remote,
      actor: this.actor,
      clone: this.connection.clone.name,
      tip,
      seen: seen ?? null,
      fetched_at,
      pending: pending.map(({ op, command, event }) => ({
        op: op ?? null,
        verb: command?.verb ?? 'init',
        id: event?.id ?? null,
      })),
      rejected: (await store.listRefs('refs/work-ledger/rejected/')).length,
      counts: Object.fromEntries(WORK_STATUSES.map((status) => [status, counts.get(status) ?? 0])),
      damaged: damaged.length,
    };
  }

  /** Transitions of this clone that lost their race and are kept. */
  async rejected(): Promise<RejectedTransition[]> {
    const { listRejected } = await import('../sync/rejected.ts');
    return listRejected(await this.connection.store());
  }

  /** Tries a rejected transition again on the present tip, under its own name; where it takes place it is kept no longer. */
  async applyRejected(op: string): Promise<TransitionResult> {
    const entry = await this.#rejectedEntry(op);
    const { command } = entry.commit;
    if (command === undefined || command.verb === 'configure') {
      throw new LedgerError('INVALID_INPUT', `${entry.op} cannot be read as a transition of an item.`, {
        hint: `git show ${entry.ref}^ shows it.`,
      });
    }
    const result = toResult((await this.run([command], false))[0]);
    if (result.ok) await this.dropRejected(entry.op);
    return result;
  }

  /** Discards a rejected transition for good. */
  async dropRejected(op: string): Promise<RejectedTransition> {
    const entry = await this.#rejectedEntry(op);
    const store = await this.connection.store();
    await store.moveRef(entry.ref, await store.readRef(entry.ref), undefined);
    return entry;
  }

  /** Those of an item that is named as any other. @throws LedgerError `AMBIGUOUS_ID` */
  async #ofItem(all: readonly RejectedTransition[], typed: string): Promise<RejectedTransition[]> {
    try {
      const id = await this.resolveId(typed);
      return all.filter((entry) => entry.id === id);
    } catch (error) {
      if (isLedgerError(error, 'NOT_FOUND') || isLedgerError(error, 'INVALID_INPUT')) return [];
      throw error;
    }
  }

  /** @param op its name or the end of it, from eight characters on, or its item */
  async #rejectedEntry(op: string): Promise<RejectedTransition> {
    const all = await this.rejected();
    const byOp = all.filter((entry) => entry.op === op || (op.length >= OP_END && entry.op.endsWith(op)));
    const byId = all.filter((entry) => entry.id === op);
    const named = [...byOp, ...byId];
    const matching = named.length > 0 ? named : await this.#ofItem(all, op);
    const [entry] = matching;
    if (entry !== undefined && matching.length === 1) return entry;
    const code = entry === undefined ? 'NOT_FOUND' : 'AMBIGUOUS_ID';
    throw new LedgerError(code, `${matching.length} rejected transitions match ${op}.`, {
      hint: '`wl rejected` lists them.',
      details: { op, candidates: matching.map((one) => one.op) },
    });
  }
}

/** Characters of the end of an op that stand for it: fewer would soon fit several, or an item's number. */
const OP_END = 8;

const idIn = (error: LedgerError): WorkId | undefined =>
  typeof error.details.id === 'string' ? error.details.id : undefined;
