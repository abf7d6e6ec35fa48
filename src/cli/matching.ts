import { isLedgerError, type LedgerQueries, type LogFilter, VERBS } from '../index.ts';
import type { Cli } from './cli.ts';
import { readTime, someOf } from './input.ts';
import { readUntil } from './moment.ts';

/** What commits are that are no transition of an item. */
const OTHERS = ['init', 'configure', 'merge', 'unknown'] as const;

/** Which transitions the options ask for. Who acts is of no matter to these questions, so `--actor` tells whose they are. */
export function matchingOf(
  cli: Cli,
  { verb, since, until }: { verb: readonly string[]; since: string | undefined; until: string | undefined },
): LogFilter {
  return {
    actor: cli.globals.actor,
    verbs: someOf(verb, [...VERBS, ...OTHERS], '--verb'),
    since: since && readTime(since, '--since'),
    until: until && readUntil(until, '--until'),
  };
}

/** An item that was deleted is no longer found by a part of its id, but its history still is by the whole. */
export async function historicId(ledger: LedgerQueries, typed: string): Promise<string> {
  try {
    return await ledger.resolveId(typed);
  } catch (error) {
    if (isLedgerError(error, 'NOT_FOUND') && (await ledger.history(typed)).length > 0) return typed;
    throw error;
  }
}
