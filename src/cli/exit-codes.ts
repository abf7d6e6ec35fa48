import type { RefusalKind } from '../operations/refusal.ts';

/** Exit statuses and what each means, for people and for scripts: one for each kind of refusal, and for other ends. */
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
} as const satisfies Record<RefusalKind | 'ok' | 'work_failed' | 'interrupted', object>;
