// The entry `work-ledger/agents`: apart from the ledger itself, so that reading one does not load what runs agents.
import './require-node.ts';

export type {
  Agent,
  AgentControls,
  AgentEvent,
  AgentExecutionContext,
  AgentRunContext,
  CheckpointEvent,
  ExecutionEvent,
  Holder,
  LifeEvent,
  OwnEvent,
  ProgressEvent,
  ResultEvent,
  TextEvent,
} from './agents/agent.ts';
export { type ClaimNextOptions, claimNext } from './agents/claim-next.ts';
export { type CommandAgentOptions, commandAgent } from './agents/command-agent.ts';
export {
  AgentBlocked,
  AgentDeferred,
  AgentUnusable,
  CancelledError,
  LeaseLostError,
  PoolDrainingError,
  SupersededError,
} from './agents/errors.ts';
export {
  type Answered,
  type AnswerInput,
  type Escalated,
  type EscalateInput,
  EscalationProtocol,
} from './agents/escalation.ts';
export type { Escalation } from './agents/escalation-item.ts';
export type { ExecuteOptions } from './agents/execution.ts';
export type { FollowOptions } from './agents/follow.ts';
export { AgentExecutorPool, type PoolOptions } from './agents/pool.ts';
export type { ExecutionMemory, Heartbeat, RememberedExecution, RunningExecution } from './agents/ports.ts';
export { renderPrompt } from './agents/prompt.ts';
export { findSilent, recoverSilent } from './agents/recover-silent.ts';
export { type WaitOptions, waitFor, waitForSeveral } from './agents/wait-for.ts';
export { type WatchOptions, watchLedger } from './agents/watch.ts';
export { runWorker, type WorkerOptions } from './agents/worker.ts';
export type { WaitingFor, WorkerEvent, WorkerReport } from './agents/worker-event.ts';
