/** Keys of local state: when the remote last answered; when it was last looked at. */
export const CONTACT = 'contact';
export const FETCHED = 'fetched';
/** The remote that answered last: its name and, on the next line, its address, by which it is known again under another name. */
export const REMOTE = 'remote';
/** The name of the remote that this clone goes on with, since what it knew under another name is called so now. */
export const RENAMED = 'renamed';
/** The last sign of life of the process that leads. */
export const BEAT = 'serving';
/** When this clone last met others at the remote. */
export const CONTENDED = 'contended';
/** When a push to the remote showed that it cannot take refs together, and on the next line its address. */
export const APART = 'apart';
/** How long its last push took, and how long it took the last time until an offer was found on the branch, in milliseconds. */
export const TURN = 'turn';
export const ROUND = 'round';
/** The tip that this clone pushed last: while the shared branch is there, it is this clone that combines what others offer. */
export const LED = 'led';
/** Pending tips of which pushes broke off, and which the remote may have; the newest last. */
export const EXPOSED = 'exposed';
/** Transitions that replay found nothing left to do for; the newest last. */
export const NO_OPS = 'moot';
/** Items that are blocked on what came here completed, as by an import: nothing unblocks them by itself. */
export const UNCAUSED = 'uncaused';

/** Where this program left the local branch, in case that the ref which says so is gone: the branch and its tip. */
export const JOURNAL = 'journal';

/** The ref that says where this program left the local branch. */
export const journalRef = (localRef: string): string =>
  localRef.replace('refs/heads/', 'refs/work-ledger/journal/');

/** As `JOURNAL`, where what this program committed stands on commits by hand that are not checked yet. */
export const LEFT = 'left';
/** The ref that says so. */
export const leftRef = (localRef: string): string =>
  localRef.replace('refs/heads/', 'refs/work-ledger/left/');
/** When inboxes of clones that are gone were last taken away. */
export const PRUNED = 'pruned';
