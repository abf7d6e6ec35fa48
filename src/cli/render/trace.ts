import type { LockHolder, TraceRecord } from '../../index.ts';
import { safe } from './line.ts';

const LONGEST = 1_000;
const SHORT_OID = 12;

/**
 * One line that tells a step: what it was, what came of it, how long it took.
 *
 * @param goingOn milliseconds since it began, where it is not over
 */
export function describeStep(record: TraceRecord, goingOn?: number): string {
  const time = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const end =
    goingOn === undefined
      ? `${outcomeOf(record)} (${time(record.duration_ms ?? 0)})`
      : `not over after ${time(goingOn)}`;
  const subject = [...safe(subjectOf(record, goingOn !== undefined))];
  const shown = subject.length > LONGEST ? [...subject.slice(0, LONGEST - 1), '…'] : subject;
  return `${shown.join('')}: ${end}`;
}

function subjectOf(record: TraceRecord, goesOn: boolean): string {
  switch (record.kind) {
    case 'git':
      return withoutSettings(record.args).map(quote).join(' ');
    case 'fetch':
      return `${record.part} from ${record.remote} (${record.url})`;
    case 'push':
      return `${record.tip === null ? 'removal' : short(record.tip)} to ${record.part} of ${record.remote} (${record.url})`;
    case 'wait':
      return `${record.until} at ${record.remote} (${record.url})`;
    case 'lock':
      return `${record.lock} (${record.path}), held by ${describeHolder(record.holder, goesOn)}`;
    case 'replay':
      return `${record.pending} pending`;
    case 'index':
      return `${record.work} from ${record.from === null ? 'nothing' : short(record.from)} to ${short(record.to)}`;
    case 'decide':
      return `${record.verb} ${record.id ?? (record.verb === 'configure' ? 'the ledger' : 'a new item')} by ${record.actor}`;
    case 'config':
      return `${record.git_dir} read anew, since ${whyAnew(record)}`;
    default:
      return record satisfies never;
  }
}

function outcomeOf(record: TraceRecord): string {
  const { outcome = 'failed', code, reason } = record;
  const said = safe([code, reason].filter((part) => part !== undefined).join(': ')).slice(0, LONGEST);
  const because = said === '' ? '' : `: ${said}`;
  if (outcome === 'failed') return `failed${because}`;
  switch (record.kind) {
    case 'git':
      return outcome === 'exited' ? `exit ${record.exit_status}` : `ended by ${record.signal}`;
    case 'fetch':
      return record.tip === undefined ? `${outcome}${because}` : `${outcome}, ${tipOf(record.tip)}${because}`;
    case 'lock':
      return outcome === 'taken' ? 'taken' : 'not needed, the other does it';
    case 'replay':
      return `${record.stand} stand, ${record.unchanged} have nothing left to do, ${record.lost} lost`;
    case 'config':
      return outcome === 'kept' ? 'kept for the next process' : 'not kept';
    default:
      return `${outcome.replaceAll('_', ' ')}${because}`;
  }
}

const tipOf = (tip: string | null): string => (tip === null ? 'no such branch' : `tip ${short(tip)}`);
const short = (oid: string): string => oid.slice(0, SHORT_OID);

/** What a holder is at is of interest while it is waited for. */
function describeHolder(holder: LockHolder | null, goesOn: boolean): string {
  if (holder === null) return 'a process that cannot be told';
  const state =
    goesOn && (holder.state === 'stopped' || holder.state === 'ended') ? `, which is ${holder.state}` : '';
  return `process ${holder.pid}${state}`;
}

function whyAnew({ why, files, variables }: Extract<TraceRecord, { kind: 'config' }>): string {
  switch (why) {
    case 'nothing_kept':
      return 'nothing was kept';
    case 'files_changed':
      return `${files.join(', ')} changed`;
    case 'other_environment':
      return `${variables.join(', ')} is another`;
    default:
      return why satisfies never;
  }
}

/** Settings in front are those of every call. */
function withoutSettings(args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at] === '-c') at += 2;
  return args.slice(at);
}

/** As a shell would take it. */
const quote = (arg: string): string =>
  /^[\w@%+=:,./^-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
