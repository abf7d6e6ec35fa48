// The entry `work-ledger/review`: apart from the ledger itself, so that reading one does not load what proposes and judges.
import './require-node.ts';

export { PULL_REQUEST } from './domain/verbs/approve.ts';
export { HOSTS } from './hosts/list.ts';
export { type CheckCall, type CheckedReview, checkReview } from './review/check.ts';
export { REVIEW_RULES, type ReviewFinding, type ReviewRule } from './review/judge.ts';
export {
  type ClearedBranch,
  clearBranches,
  findReview,
  listReviews,
  type Review,
  type ReviewState,
} from './review/list.ts';
export { type OpenedRequest, openRequest } from './review/open-request.ts';
export { type Preview, pageOf, previewReview } from './review/page.ts';
export { type Proposed, proposeReview } from './review/propose.ts';
export { branchOf } from './review/shared.ts';
