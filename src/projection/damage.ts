import type { Problem } from '../codec/read-yaml.ts';
import type { WorkId } from '../domain/ids.ts';

/** A file of the ledger that cannot be read as what should stand there. It stops nothing but itself. */
export interface Damage {
  path: string;
  id: WorkId | undefined;
  problem: Problem;
}
