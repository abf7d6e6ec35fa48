import { derivedOp } from '../codec/op.ts';
import type { Command } from '../domain/commands.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { isOp } from '../domain/ids.ts';
import { resolveId } from '../query/resolve.ts';
import { listRejected, type RejectedTransition } from '../sync/rejected.ts';
import { type Connection, currentTip, known, modeOf, readNow } from './connection.ts';
import { inTime } from './in-time.ts';
import type { Waiting } from './inputs.ts';
import { type TransitionResult, toResult } from './results.ts';
import { submit } from './submit.ts';

/** Characters of the end of an op that stand for it: fewer would soon fit several, or an item's number. */
const OP_END = 8;

/** @see LedgerClone.applyRejected */
export async function applyRejected(
  connection: Connection,
  op: string,
  options: Waiting,
): Promise<TransitionResult> {
  const entry = await find(connection, op);
  const group = await groupOf(connection, entry);
  const standing = await findStanding(connection, group, options);
  if (standing !== undefined) {
    for (const one of group) await letGo(connection, one);
    return standing(entry);
  }
  const commands = group.map((one) => commandOf(one));
  const outcomes = await submit(connection, commands, { ...options, atomic: group.length > 1 });
  const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
  const result = toResult(failed ?? outcomes[group.indexOf(entry)]);
  // Where another item stands in the place of the one that was to be made, what that one said is still nowhere else.
  const isReplaced =
    result.ok && entry.id !== undefined && result.item.id !== entry.id && result.commit === undefined;
  if (result.ok && !isReplaced) for (const one of group) await letGo(connection, one);
  return result;
}

/**
 * Looks whether it took place after all: another clone may have brought it in, and it must not be there twice.
 *
 * @returns what became of an entry; `undefined` where nothing of the group is on the branch
 */
async function findStanding(
  connection: Connection,
  group: readonly RejectedTransition[],
  { signal }: Waiting,
): Promise<((entry: RejectedTransition) => Promise<TransitionResult>) | undefined> {
  const ops = group.map(opOf);
  const here = async () => connection.projection.commitsOf(await currentTip(connection), ops);
  if (modeOf(connection) === 'push') {
    const { raced } = await import('./giving-up.ts');
    const { sync } = await connection.write();
    await raced(
      inTime(connection, (time) => sync.fetch(time)),
      signal,
    );
    // Another process of this clone may be asking for the same: what came of that is known once it is settled.
    if ((await here()).size > 0) {
      await raced(
        inTime(connection, (time) => sync.sync(time)),
        signal,
      );
    }
  }
  const found = await here();
  if (found.size === 0) return undefined;
  return async (entry) => ({
    ok: true,
    item: await readNow(connection, (view) => known(view, entry.id ?? '')),
    commit: found.get(opOf(entry)),
    where: 'remote',
  });
}

/** An entry with those that it was asked for together with, as far as they are kept, in their order. */
async function groupOf(connection: Connection, entry: RejectedTransition): Promise<RejectedTransition[]> {
  const { group } = entry.commit;
  if (group === undefined) return [entry];
  const all = await listRejected(await connection.store());
  return all
    .filter(({ commit }) => commit.group?.id === group.id)
    .map((one) => (one.op === entry.op ? entry : one))
    .sort((a, b) => (a.commit.group?.index ?? 0) - (b.commit.group?.index ?? 0));
}

/**
 * What is asked for once more. Whoever asks has seen how things stand now, but evidence against a holder is not renewed by asking.
 *
 * @throws LedgerError `INVALID_INPUT` for what is no transition of an item
 */
function commandOf(entry: RejectedTransition): Command {
  const {
    op,
    ref,
    commit: { command },
  } = entry;
  if (command === undefined || command.verb === 'configure') {
    throw new LedgerError('INVALID_INPUT', `${op} cannot be read as a transition of an item.`, {
      hint: `git show ${ref}^ shows it.`,
    });
  }
  const again = { ...command, op: opOf(entry) };
  return again.verb === 'recover' ? again : { ...again, observed: undefined, if_rev: undefined };
}

/** What is kept under a commit's name stands under the op of another one, as an amended commit does: it has a name of its own. */
const opOf = ({ op, commit }: RejectedTransition): string =>
  isOp(op) || commit.command === undefined ? op : derivedOp(commit.command.op, op);

/** @see LedgerClone.dropRejected */
export async function dropRejected(connection: Connection, op: string): Promise<RejectedTransition> {
  const entry = await find(connection, op);
  await letGo(connection, entry);
  return entry;
}

/** Nothing, where it went by itself: what arrives is not kept any more. */
async function letGo(connection: Connection, { ref }: RejectedTransition): Promise<void> {
  const store = await connection.store();
  const now = await store.readRef(ref);
  if (now !== undefined) await store.moveRef(ref, now, undefined);
}

async function find(connection: Connection, op: string): Promise<RejectedTransition> {
  const all = await listRejected(await connection.store());
  const byOp = all.filter((entry) => entry.op === op || (op.length >= OP_END && entry.op.endsWith(op)));
  const byId = all.filter((entry) => entry.id === op);
  const named = [...byOp, ...byId];
  const matching = named.length > 0 ? named : await ofItem(connection, all, op);
  const [entry] = matching;
  if (entry !== undefined && matching.length === 1) return entry;
  const code = entry === undefined ? 'NOT_FOUND' : 'AMBIGUOUS_ID';
  throw new LedgerError(code, `${matching.length} rejected transitions match ${op}.`, {
    hint: '`wl rejected` lists them.',
    details: { op, candidates: matching.map((one) => one.op) },
  });
}

/** Those of an item that is named as any other. @throws LedgerError `AMBIGUOUS_ID` */
async function ofItem(
  connection: Connection,
  all: readonly RejectedTransition[],
  typed: string,
): Promise<RejectedTransition[]> {
  try {
    const id = await readNow(connection, (view) => resolveId(view, typed));
    return all.filter((entry) => entry.id === id);
  } catch (error) {
    if (isLedgerError(error, 'NOT_FOUND') || isLedgerError(error, 'INVALID_INPUT')) return [];
    throw error;
  }
}
