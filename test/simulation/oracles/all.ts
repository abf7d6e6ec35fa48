import { groups, holders, ids, keys, leases, once } from './branch.ts';
import { answered, converged, patience, verified } from './end.ts';
import { intent } from './intent.ts';
import type { Oracle } from './oracle.ts';
import { words } from './words.ts';

/** Each promise that a run is held against. */
export const branchOracles: readonly Oracle[] = [
  words,
  once,
  holders,
  leases,
  groups,
  ids,
  keys,
  intent,
  verified,
  converged,
  patience,
  answered,
];
