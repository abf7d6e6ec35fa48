import { VERBS } from '../index.ts';
import { someOf } from './typed.ts';

// Apart from other options, since a question that names no verb needs none of the verbs.

/** Beside the verbs of items: what commits of the whole ledger tell, and those that were made by hand. */
const OTHERS = ['init', 'configure', 'acknowledge', 'merge', 'unknown'];

/** What transitions are asked for by `--verb`; `undefined` for all. @throws LedgerError `INVALID_INPUT` */
export const readVerbs = (typed: readonly string[]): string[] | undefined =>
  someOf(typed, [...VERBS, ...OTHERS], '--verb');
