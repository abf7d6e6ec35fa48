import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorCode } from './fs-like.ts';
import { nodeCrypto } from './node-crypto.ts';

let scope: string | undefined;

/** A new file name that says which process it is of. */
export const markOfThisProcess = (): string =>
  [scopeHere(), process.pid, nodeCrypto().randomUUID()].join('.');

/** True where the process that a mark is of has ended. Of one that runs elsewhere that cannot be known: false. */
export function isOfDeadProcess(mark: string): boolean {
  const pid = processOfMark(mark);
  return pid !== undefined && !isAlive(pid);
}

/** Within which a process id means one process: a running system, and in it a space of ids. */
function scopeHere(): string {
  scope ??= readScope();
  return scope;
}

function readScope(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}-${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    // Not on Linux.
    return encodeURIComponent(hostname()).replaceAll('.', '%2E');
  }
}

/** The process that a mark is of, where it runs here. */
export function processOfMark(mark: string): number | undefined {
  const [where, pid] = mark.split('.');
  return where === scopeHere() ? Number(pid) : undefined;
}

const isAlive = (pid: number): boolean => stateOf(pid) !== 'ended';

/** What a process of this machine is at; `unknown` of one that is there, where the system does not say more. */
export function stateOf(pid: number): 'running' | 'stopped' | 'ended' | 'unknown' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'ended';
  }
  try {
    const [, letter = ''] = /.*\) (\S) /s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
    // One that was killed stays until its parent has taken note.
    if ('ZX'.includes(letter)) return 'ended';
    return 'Tt'.includes(letter) ? 'stopped' : 'running';
  } catch {
    return 'unknown';
  }
}
