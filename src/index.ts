export type { Command, NewWork, VerbInput, WorkPatch } from './domain/commands.ts';
export { ERROR_CODES, type ErrorCode, isLedgerError, LedgerError } from './domain/errors.ts';
export {
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkPriority,
  type WorkStatus,
  type WorkType,
  workItemSchema,
} from './domain/item.ts';
export type { WorkId } from './domain/ids.ts';
export type { LedgerSettings } from './domain/settings.ts';
export { TRANSITIONS, type Verb, VERBS } from './domain/transitions.ts';
export type { HistoryEntry } from './ledger/history.ts';
export { getWorkLedger, initLedger, openLedger } from './ledger/open.ts';
export type { InitOptions, LedgerMode, OpenOptions } from './ledger/options.ts';
export type { AsOf, WorkWithHistory } from './ledger/queries.ts';
export { itemOf, type LostRace, type TransitionResult, type Won } from './ledger/results.ts';
export type {
  Acting,
  ClaimOptions,
  CreateInput,
  Holding,
  LedgerStatus,
  SyncReport,
} from './ledger/work-ledger.ts';
export { WorkLedger } from './ledger/work-ledger.ts';
export type { WorkFilter } from './query/filter.ts';
export type { WorkIndex } from './query/manifest.ts';
export type { Explanation } from './query/ready.ts';
export type { DependencyNode, Progress } from './query/tree.ts';
export type { Outcome } from './sync/outcome.ts';
