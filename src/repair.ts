// The entry `work-ledger/repair`: apart from the ledger itself, so that reading one does not load what merges and mends.
import './require-node.ts';

export { type CloneTrouble, type Examination, examine } from './doctor/examine.ts';
export { unlock } from './doctor/locks.ts';
export { type Mended, mendTree } from './doctor/mend.ts';
export { type ContestedItem, findMerge, type OpenMerge, type SideStep } from './doctor/open-merge.ts';
export type { Mend } from './doctor/plan-mends.ts';
export { type RecoveredHistory, recoverHistory } from './doctor/recover-history.ts';
export { type ReplayedLine, replayLine } from './doctor/replay-line.ts';
export type { Replayed } from './doctor/replay-on-ours.ts';
export { replayInstead, takeSide } from './doctor/resolve.ts';
export { setUpMerging } from './doctor/set-up.ts';
export { findRewrite, type LineStep, type Rewrite } from './doctor/two-lines.ts';
export { type MergedFile, mergeFile, type ThreeFiles } from './merge/merge-file.ts';
export type { MergedField, MergedItems } from './merge/merge-items.ts';
