import type { Observation, Seen } from './commands.ts';
import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import { asName } from './text.ts';
import type { VerbFacts } from './verbs/define.ts';

/** What a command of the verb goes by, and what it overwrites, as an item shows it. */
export const observe = <I extends object>(verb: VerbFacts<I>, item: WorkItem, input: I): Observation => ({
  ...verb.sees(item),
  ...verb.overwrites(item, input),
});

/** Something that a caller saw, and that is not so any more. What was not there is `null`. */
export interface Change {
  /** A field, or what of it: `title`, `context.branch`, `claim.claimed_at`. */
  field: string;
  seen: unknown;
  now: unknown;
  /** Who changed it last, as far as it is known. */
  by?: { actor: string; at: string; commit: string } | undefined;
}

/**
 * Holds what the caller saw against the item as it stands.
 *
 * @param after the item as the command would leave it
 * @throws LedgerError `CONFLICT`
 */
export function requireSeen<I extends Seen>(
  verb: VerbFacts<I>,
  before: WorkItem,
  command: I & { verb: string },
  after: WorkItem | 'gone',
): void {
  const { observed, if_rev } = command;
  const { id, rev } = before;
  const revision = if_rev === undefined ? [] : changesOf({ rev }, { rev: if_rev });
  if (revision.length > 0) throw conflict(id, command.verb, revision, { id, rev });
  const went = changesOf(verb.sees(before), observed);
  if (went.length > 0) throw conflict(id, command.verb, went, { id, rev });
  requireUnchanged(id, command.verb, observed, {
    shown: verb.overwrites(before, command),
    written: after === 'gone' ? {} : verb.overwrites(after, command),
    facts: { id, rev },
  });
}

/**
 * Holds what the caller saw of what a command overwrites against what stands there. What stands there already as it is to be is no
 * conflict: who comes second agrees with who came first.
 *
 * @param what what changed, for the message
 * @throws LedgerError `CONFLICT`
 */
export function requireUnchanged(
  what: string,
  verb: string,
  observed: Observation | undefined,
  {
    shown,
    written,
    facts,
  }: { shown: Observation; written: Observation; facts?: { id: string; rev: number } },
): void {
  const changed = changesOf(shown, observed).filter(({ field }) => !isSame(shown[field], written[field]));
  if (changed.length > 0) throw conflict(what, verb, changed, facts);
}

/** Nothing where the caller does not say what it saw. */
const changesOf = (shown: Observation, observed: Observation | undefined): Change[] =>
  Object.entries(observed === undefined ? {} : shown)
    .filter(([field, value]) => !isSame(value, observed?.[field]))
    .map(([field, value]) => ({ field, seen: observed?.[field] ?? null, now: value ?? null }));

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The refusal of a command that was asked for on something else than what is so. */
export function conflict(
  what: string,
  verb: string,
  changed: Change[],
  facts: { id?: string | undefined; rev?: number | undefined } = {},
): LedgerError {
  const show = facts.id === undefined ? 'wl config get' : `wl show ${facts.id}`;
  return new LedgerError('CONFLICT', `${what} changed since it was read: ${describeChanges(changed)}.`, {
    hint: `\`${show}\` shows how it stands; ask again if that is still what you want.`,
    details: { ...facts, verb, changed },
  });
}

/** What changed, and by whom where that is known, in one line. */
const describeChanges = (changed: readonly Change[]): string =>
  changed
    .map(({ field, seen, now, by }) => {
      const who = by === undefined ? '' : ` (${asName(by.actor)}, ${by.at})`;
      return `${field} was ${brief(seen)} and is ${brief(now)}${who}`;
    })
    .join('; ');

const BRIEF = 60;

/** A value in a few words of one line. */
function brief(value: unknown): string {
  if (value === null) return 'not set';
  const text = JSON.stringify(value);
  if (text.length <= BRIEF) return text;
  // Cut, it still ends where its quotes do.
  return `${JSON.stringify((typeof value === 'string' ? value : text).slice(0, BRIEF))}…`;
}
