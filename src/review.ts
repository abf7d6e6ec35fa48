// The entry `work-ledger/review`: apart from the ledger itself, so that reading one does not load what proposes and judges.
import './require-node.ts';

export { PULL_REQUEST } from './domain/pull-request.ts';
export { type CheckCall, type CheckedReview, checkReview } from './review/check.ts';
export { type ClearedBranch, clearBranches } from './review/clear.ts';
export { findReview, listReviews, type Review, type ReviewState } from './review/list.ts';
export { branchOf } from './review/names.ts';
export { type OpenedRequest, openRequest } from './review/open-request.ts';
export { type Preview, pageOf, previewReview } from './review/preview.ts';
export { type Proposed, proposeReview } from './review/propose.ts';
export { REVIEW_RULES, type ReviewFinding, type ReviewRule } from './review/rules.ts';
