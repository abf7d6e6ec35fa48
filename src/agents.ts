// The entry `work-ledger/agents`: apart from the ledger itself, so that reading one does not load what runs agents.
export { type ClaimNextOptions, claimNext } from './agents/claim-next.ts';
export {
  type Answered,
  type AnswerInput,
  type Escalated,
  type EscalateInput,
  EscalationProtocol,
} from './agents/escalation.ts';
export type { Escalation } from './agents/escalation-item.ts';
export type { FollowOptions } from './agents/follow.ts';
export { type WaitOptions, waitFor, waitForSeveral } from './agents/wait-for.ts';
export { type WatchOptions, watchLedger } from './agents/watch.ts';
