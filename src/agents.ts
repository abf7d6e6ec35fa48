// The entry `work-ledger/agents`: apart from the ledger itself, so that reading one does not load what runs agents.
import './require-node.ts';

export {
  type Answered,
  type AnswerInput,
  type Escalated,
  type EscalateInput,
  EscalationProtocol,
} from './agents/escalation/escalation.ts';
export type { Escalation } from './agents/escalation/escalation-item.ts';
export { type ClaimNextOptions, claimNext } from './agents/following/claim-next.ts';
export type { FollowOptions } from './agents/following/follower.ts';
export { type WaitOptions, waitFor, waitForSeveral } from './agents/following/wait-for.ts';
export { type WatchOptions, watchLedger } from './agents/following/watch.ts';
export { findSilent, recoverSilent } from './agents/presence/liveness.ts';
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
} from './agents/workers/agent.ts';
export { type CommandAgentOptions, commandAgent } from './agents/workers/command-agent.ts';
export {
  AgentBlocked,
  AgentDeferred,
  AgentUnusable,
  CancelledError,
  LeaseLostError,
  PoolDrainingError,
  SupersededError,
} from './agents/workers/errors.ts';
export type { ExecuteOptions } from './agents/workers/execution.ts';
export { AgentExecutorPool, type PoolOptions } from './agents/workers/pool.ts';
export type {
  ExecutionMemory,
  Heartbeat,
  RememberedExecution,
  RunningExecution,
} from './agents/workers/ports.ts';
export { renderPrompt } from './agents/workers/prompt.ts';
export { runWorker, type WorkerOptions } from './agents/workers/worker.ts';
export type { WaitingFor, WorkerEvent, WorkerReport } from './agents/workers/worker-event.ts';
