import './require-node.ts';

export { listPresence, livenessOf, openPresence, prunePresence } from './agents/presence/api.ts';
export type { ListPresenceOptions, PresenceEntry, PresenceReport } from './agents/presence/list.ts';
export type { PresenceOptions } from './agents/presence/open.ts';
export type { Presence, PresenceEvents } from './agents/presence/presence.ts';
export type { ListedExecution, PresenceRecord } from './agents/presence/record.ts';
export type { PresenceTimer, PresentExecution } from './agents/presence/running.ts';
export type { PresenceNotice } from './agents/presence/session.ts';
export type { Blame, FieldChange, ItemDiff } from './audit/diff.ts';
export type { Report, SpanCount } from './audit/report/report.ts';
export type { Flow, Measures, Spread } from './audit/report/tally.ts';
export type { Step, Throughput } from './audit/report/throughput.ts';
export { type Acknowledged, type Finding, RULES, type Rule, type RuleName } from './audit/rules.ts';
export type { SignatureReport } from './audit/signatures.ts';
export type { Verification } from './audit/verify.ts';
export type { Command } from './domain/commands.ts';
export type { AuxiliaryFile, SettingsPatch } from './domain/configure.ts';
export type {
  ErrorDetails,
  HolderDetails,
  SavedTransition,
  UnsettledDetails,
} from './domain/error-details.ts';
export { ERROR_CODES, type ErrorCode, isLedgerError, LedgerError } from './domain/errors.ts';
export { FIELD_FACTS, type FieldFacts } from './domain/field-facts.ts';
export type {
  CreateOption,
  FieldKey,
  UpdateOption,
} from './domain/fields.ts';
export { isHeld } from './domain/holding.ts';
export type { ExecutionId, OpId, WorkId } from './domain/ids.ts';
export {
  type Json,
  type JsonMap,
  LINK_KINDS,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkItemIn,
  type WorkLink,
  type WorkPriority,
  type WorkStatus,
  type WorkType,
} from './domain/item.ts';
export { ITEM_KEYS, unknownKeys } from './domain/item-keys.ts';
export type { NewWork } from './domain/item-schema.ts';
export { type MarkedData, markData } from './domain/marked-data.ts';
export { LEDGER_VERBS, type PolicyVerb } from './domain/policy-rules.ts';
export { LIMIT_KINDS, type LimitKind, type ReachedLimit } from './domain/readiness.ts';
export { CONFIGURABLE, type LedgerSettings } from './domain/settings.ts';
export { asName, escapeUnsafe, quoted } from './domain/text.ts';
export type { CheckpointInput } from './domain/verbs/checkpoint.ts';
export type { WorkPatch } from './domain/verbs/update.ts';
export { type IdPurpose, TRANSITIONS, VERBS, type Verb, type VerbInput } from './domain/verbs.ts';
export type { Host } from './hosts/list.ts';
export type { LedgerAdmin } from './ledger/admin.ts';
export { readSettings } from './ledger/admin.ts';
export type { LedgerAudit } from './ledger/audit.ts';
export type { LedgerClone } from './ledger/clone.ts';
export type { Executions, HeldExecution, SetAside } from './ledger/executions.ts';
export type {
  Acting,
  Asked,
  ConfigureOptions,
  ImportCall,
  LedgerStatus,
  LogOptions,
  PendingFilter,
  ReadyFilter,
  SyncReport,
  VerifyCall,
  Waiting,
} from './ledger/inputs.ts';
export { getWorkLedger, initLedger, openLedger } from './ledger/open.ts';
export {
  type InitOptions,
  type LedgerMode,
  type LedgerNotice,
  type OpenOptions,
  systemClock,
} from './ledger/options.ts';
export type { Evidence, Liveness, LivenessReading, OrphanedWork } from './ledger/orphans.ts';
export type { PastLedger, ReadableLedger } from './ledger/past.ts';
export type { PlacedFiles, PlaceOptions } from './ledger/place-host.ts';
export type { AsOf, LedgerQuery, WorkWithHistory } from './ledger/query.ts';
export type { RecoveredWork } from './ledger/recover.ts';
export { itemOf, type LostRace, type TransitionResult, type Won } from './ledger/results.ts';
export type { Resumption } from './ledger/resume.ts';
export type { ItemTemplate, ListedTemplate, TemplateFields } from './ledger/templates.ts';
export type { ImportReport } from './ledger/transfer.ts';
export type {
  BatchOptions,
  BlockOptions,
  ClaimOptions,
  CompleteOptions,
  CreateInput,
  Explained,
  FailOptions,
  Holding,
  HoldingReasoned,
  Reasoned,
  RecoverOptions,
  RetryOptions,
  SubmitOptions,
} from './ledger/transition-inputs.ts';
export type { LedgerWork } from './ledger/work.ts';
export { WorkLedger } from './ledger/work-ledger.ts';
export type { HistoryEntry } from './projection/history-entry.ts';
export type { IndexPlace } from './projection/index-database.ts';
export type { Damage } from './projection/index-view.ts';
export type { LogFilter } from './projection/log-view.ts';
export type { IndexStatus } from './projection/projection.ts';
export type { Attempt } from './query/attempts.ts';
export type { WorkFilter } from './query/filter.ts';
export type { WorkIndex } from './query/manifest.ts';
export type { NumberedRule, Permission } from './query/permission.ts';
export type { Explanation } from './query/ready.ts';
export type { DependencyNode, Progress } from './query/tree.ts';
export type { Outcome } from './sync/outcome.ts';
export type { Clock } from './sync/ports.ts';
export type { RejectedTransition } from './sync/rejected.ts';
export {
  type ConfigTrace,
  type DecideTrace,
  type FetchTrace,
  type GitTrace,
  type IndexTrace,
  type LockHolder,
  type LockTrace,
  type PushTrace,
  type RemotePart,
  type ReplayTrace,
  TRACE_CHANNELS,
  type TraceKind,
  type TraceRecord,
  type WaitTrace,
} from './trace/channels.ts';
export { IMPORT_FORMATS, type ImportInput } from './transfer/formats.ts';
export type { ImportNote, ImportPlan, TransferFile } from './transfer/plan.ts';
