import { groups, holders, ids, keys, leases, once } from './branch.ts';
import { dates } from './dates.ts';
import { answered, converged, found, patience, reasons, verified } from './end.ts';
import { intent } from './intent.ts';
import type { Oracle } from './oracle.ts';
import { parents, policy } from './rules.ts';
import { words } from './words.ts';
import { workers } from './work.ts';

/** Each promise that a run is held against. */
export const branchOracles: readonly Oracle[] = [
  words,
  once,
  holders,
  leases,
  workers,
  groups,
  ids,
  keys,
  intent,
  parents,
  policy,
  verified,
  dates,
  found,
  reasons,
  converged,
  patience,
  answered,
];
