/**
 * The actor of an approval that is given by a host's button: who will press it is not known when the proposal is made. The
 * ledger says this name; who merged is told by git.
 */
export const PULL_REQUEST = 'pull-request';

/** True for what a button of a host accepts. */
export const isProposal = ({ verb, actor }: { verb: string; actor: string }): boolean =>
  verb === 'approve' && actor === PULL_REQUEST;
