import type { ErrorCode } from '../index.ts';

/** Exit statuses and what each means, for people and for scripts. */
export const EXIT = {
  ok: { status: 0, meaning: 'It is done.' },
  internal: { status: 1, meaning: 'The program, git or the disk failed.' },
  usage: { status: 2, meaning: 'The call or its input is not valid.' },
  not_found: { status: 3, meaning: 'There is no such item, ledger or repository.' },
  permission: { status: 4, meaning: 'It is not yours to do, or the remote refused it.' },
  lost_race: { status: 5, meaning: 'Someone else was first; the message names the holder.' },
  precondition: { status: 6, meaning: 'The item or the ledger is not in a state that allows it.' },
  unreachable: {
    status: 7,
    meaning: 'The remote cannot be reached, or is behind; the message says what is saved in this clone.',
  },
  contended: { status: 8, meaning: 'Others kept being first until the time was up; try again.' },
  damaged: { status: 9, meaning: 'Something in the ledger does not verify.' },
  decision: {
    status: 10,
    meaning:
      'A person has to decide: a question was asked, the shared history was replaced, or a remote is two repositories.',
  },
  work_failed: { status: 11, meaning: 'Work was run, and some of it failed.' },
  timeout: { status: 12, meaning: 'What was waited for did not come about in the time that was given.' },
  interrupted: { status: 130, meaning: 'It was interrupted.' },
} as const;
type Exit = keyof typeof EXIT;

const EXIT_OF = {
  INTERNAL: 'internal',
  STORAGE_FAILED: 'internal',
  NO_GIT: 'internal',
  UNSUPPORTED_REPOSITORY: 'internal',
  INVALID_INPUT: 'usage',
  AMBIGUOUS_ID: 'usage',
  NO_REMOTE: 'usage',
  NOT_FOUND: 'not_found',
  NO_REPOSITORY: 'not_found',
  NO_LEDGER: 'not_found',
  UNKNOWN_REFERENCE: 'not_found',
  PERMISSION_DENIED: 'permission',
  NOT_OWNER: 'permission',
  POLICY_DENIED: 'permission',
  REVIEW_REQUIRED: 'permission',
  REMOTE_REFUSED: 'permission',
  ALREADY_CLAIMED: 'lost_race',
  STALE_EPOCH: 'lost_race',
  CLAIMED_ELSEWHERE: 'lost_race',
  ILLEGAL_TRANSITION: 'precondition',
  NOT_READY: 'precondition',
  LIMIT_REACHED: 'precondition',
  DEPENDENCY_CYCLE: 'precondition',
  STILL_REFERENCED: 'precondition',
  ID_TAKEN: 'precondition',
  OUT_OF_REACH: 'precondition',
  TIMED_OUT: 'timeout',
  REMOTE_UNREACHABLE: 'unreachable',
  REMOTE_STALE: 'unreachable',
  CONTENDED: 'contended',
  DAMAGED_ITEM: 'damaged',
  VERIFICATION_FAILED: 'damaged',
  HISTORY_REWRITTEN: 'decision',
  DIFFERENT_LEDGER: 'decision',
  DIFFERENT_REMOTES: 'decision',
} as const satisfies Record<ErrorCode, Exit>;

/** The exit status of every error code: the one place where they are mapped. */
export const exitStatusOf = (code: ErrorCode): number => EXIT[EXIT_OF[code]].status;
/** Codes that lead to a status, for the documentation. */
export const codesOf = (exit: string): string[] =>
  Object.entries(EXIT_OF).flatMap(([code, of]) => (of === exit ? [code] : []));
