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
  const [where, pid] = mark.split('.');
  return where === scopeHere() && !isAlive(Number(pid));
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
  try {
    // One that was killed stays until its parent has taken note.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return true;
  }
}
