import { readTrailers, recordedAt } from '../codec/message.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { CommitRecord, Oid } from '../store/port.ts';

// No clock can be asked about the past, so dates are held against each other. Two clocks that are each off by no more than is
// allowed differ by no more than twice that. Where two commits differ by more, one of them is wrong. Which one is told by those before
// them: a jump ahead that no other machine confirmed is wrong where a later commit contradicts it; otherwise that one is.

/** A commit, as far as its dates are held against those of others. */
export interface Dated {
  oid: Oid;
  /** When it was made, in seconds since 1970. */
  made: number;
  /** The latest that it records. */
  recorded: number;
  /** The machine that made it: the committer's e-mail. */
  machine: string;
  /** For findings. */
  id: WorkId | undefined;
  subject: string;
}

/** A jump ahead of all before it, by more than a clock may be off, that no other machine has confirmed. */
export interface Lead extends Dated {
  /** Up to where commits went on from it, step by step. */
  until: number;
}

/** Which time it was, as commits up to here tell. */
export interface Timeline {
  /** What had certainly been reached. */
  reached: number;
  /** What may have been reached; oldest first. */
  leads: readonly Lead[];
}

/** More are not kept: of a ledger that one machine writes now and then, each commit is one. */
const LEADS = 16;

const LONGEST_SUBJECT = 500;

export function datedOf(record: CommitRecord, trailers = readTrailers(record.message)): Dated {
  const { oid, message, committer } = record;
  const id = trailers.values.get('Work-Item') ?? '';
  return {
    oid,
    made: committer.at,
    recorded: recordedAt(record, trailers),
    machine: committer.email,
    id: isWorkId(id) ? id : undefined,
    subject: message.slice(0, LONGEST_SUBJECT).split('\n')[0] ?? '',
  };
}

/** What a commit tells that is not held against any other. */
export const beginAt = (recorded: number): Timeline => ({ reached: recorded, leads: [] });

/** What the parents of a commit tell, together. */
export function joinTimes([first, ...others]: readonly Timeline[]): Timeline | undefined {
  if (first === undefined || others.length === 0) return first;
  const all = [first, ...others];
  const leads = new Map(all.flatMap((time) => time.leads.map((lead) => [lead.oid, lead] as const)));
  return kept(
    Math.max(...all.map(({ reached }) => reached)),
    [...leads.values()].sort((a, b) => a.recorded - b.recorded),
  );
}

/**
 * Holds a commit against what its parents tell.
 *
 * @param skew seconds by which a clock may be off
 * @returns what it tells itself; whether it is wrong; and otherwise what before it is, as it shows
 */
export function follow(
  time: Timeline,
  commit: Dated,
  skew: number,
): { time: Timeline; late: number | undefined; ahead: readonly Lead[] } {
  const latest = commit.made + 2 * skew;
  const ahead = time.leads.filter(({ recorded }) => recorded > latest);
  const rest = time.leads.filter(({ recorded }) => recorded <= latest);
  const top = Math.max(time.reached, ...rest.map(({ until }) => until));
  if (top > latest) return { time, late: top, ahead: [] };
  // Who is dated as the commit before may have followed it, and has no clock to show.
  const confirmed = rest.some(
    ({ machine, recorded }) => machine !== commit.machine && recorded < commit.made,
  );
  const isConfirmed = (lead: Lead) => confirmed && lead.recorded < commit.made;
  const leads = rest.filter((lead) => !isConfirmed(lead));
  const reached = confirmed ? Math.max(time.reached, commit.made) : time.reached;
  return { time: advance(reached, leads, commit, skew), late: undefined, ahead };
}

function advance(reached: number, leads: readonly Lead[], commit: Dated, skew: number): Timeline {
  const { recorded } = commit;
  const last = leads.at(-1);
  const top = Math.max(reached, ...leads.map(({ until }) => until));
  if (recorded <= top) return { reached, leads };
  if (recorded - top > skew) return kept(reached, [...leads, { ...commit, until: recorded }]);
  if (last === undefined || reached === top) return { reached: recorded, leads };
  return { reached, leads: [...leads.slice(0, -1), { ...last, until: recorded }] };
}

function kept(reached: number, leads: readonly Lead[]): Timeline {
  const old = leads.slice(0, -LEADS);
  return { reached: Math.max(reached, ...old.map(({ until }) => until)), leads: leads.slice(-LEADS) };
}
