// The entry `work-ledger/agents`: apart from the ledger itself, so that reading one does not load what runs agents.
import './require-node.ts';

export {
  type Answered,
  type AnswerInput,
  type Escalated,
  type EscalateInput,
  type Escalation,
  EscalationProtocol,
} from './agents/escalation/escalation.ts';
export { type ClaimNextOptions, claimNext } from './agents/following/claim-next.ts';
export type { FollowOptions } from './agents/following/follower.ts';
export { type WaitOptions, waitFor, waitForSeveral } from './agents/following/wait-for.ts';
export { type WatchOptions, watchLedger } from './agents/following/watch.ts';
export { findSilent, recoverSilent } from './agents/presence/list.ts';
export {
  type Agent,
  AgentBlocked,
  type AgentControls,
  AgentDeferred,
  type AgentEvent,
  type AgentExecutionContext,
  type AgentRunContext,
  AgentUnusable,
  CancelledError,
  type CheckpointEvent,
  type ExecutionEvent,
  type Holder,
  LeaseLostError,
  type LifeEvent,
  type OwnEvent,
  PoolDrainingError,
  type ProgressEvent,
  type ResultEvent,
  SupersededError,
  type TextEvent,
} from './agents/workers/agent.ts';
export { type CommandAgentOptions, commandAgent, renderPrompt } from './agents/workers/command-agent.ts';
export { Conversation, type ConversationOptions } from './agents/workers/conversation.ts';
export type { ExecuteOptions } from './agents/workers/execution.ts';
export type { ExecutionMemory, RememberedExecution } from './agents/workers/execution-memory.ts';
export type { Heartbeat, RunningExecution } from './agents/workers/heartbeat.ts';
export { AgentExecutorPool, type PoolOptions } from './agents/workers/pool.ts';
export { runWorker, type WorkerOptions } from './agents/workers/worker.ts';
export type { WaitingFor, WorkerEvent, WorkerReport } from './agents/workers/worker-event.ts';
