// The entry `work-ledger/repair`: apart from the ledger itself, so that reading one does not load what merges and what repairs.
import './require-node.ts';

export { type CloneTrouble, type Examination, examine } from './doctor/examine.ts';
export type { Repair } from './doctor/plan-repairs.ts';
export {
  findRewrite,
  type LineStep,
  type RecoveredHistory,
  type Rewrite,
  recoverHistory,
} from './doctor/recover-history.ts';
export { type Repaired, repairTree } from './doctor/repair.ts';
export { type Replayed, type ReplayedLine, replayLine } from './doctor/replay.ts';
export {
  type ContestedItem,
  findMerge,
  type OpenMerge,
  replayInstead,
  type SideStep,
  setUpMerging,
  takeSide,
} from './doctor/resolve-merge.ts';
export { type Visit, type VisitOptions, visit } from './doctor/visit.ts';
export { type MergedFile, mergeFile, type ThreeFiles } from './merge/merge-file.ts';
export type { MergedField, MergedItems } from './merge/merge-items.ts';
