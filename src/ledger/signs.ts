import type { WorkId } from '../domain/ids.ts';

/**
 * What is known of an execution beside the ledger's own history.
 *
 * - `alive`: it runs, for certain. It is never recovered.
 * - `silent`: nothing lists it.
 * - otherwise it is listed. `seen` is another text whenever its holder published a new sign; `at` is when the holder says it
 *   did, by its own clock. Without `at` only watching can tell that it stopped.
 */
export type SignOfLife = 'alive' | 'silent' | { seen: string; at?: string | undefined };

/** Asked once for each execution that holds an item in progress. */
export type SignsOfLife = (id: WorkId, execution_id: string) => SignOfLife;
