import { openLedger } from '../../src/index.ts';
import type { Acknowledged } from './protocol.ts';
import { type BenchWorld, git } from './world.ts';

/** What went wrong: all of it must be nought. */
export interface Faults {
  /** Acknowledged, and not on the remote. */
  lost: number;
  /** On the remote more than once. */
  twice: number;
  /** Claims of an item and epoch beside another one. */
  claimed_twice: number;
  /** What `wl verify` finds. */
  findings: number;
}

/** Holds what callers were told against the branch that the remote has, as plain git shows it. */
export async function findFaults(
  { bare, clones }: BenchWorld,
  acknowledged: readonly Acknowledged[],
  kind: 'ledger' | 'naive',
): Promise<Faults> {
  const log = await git(
    bare,
    'log',
    '--format=%(trailers:key=Work-Op,valueonly,separator=%x20)|%(trailers:key=Work-Epoch,valueonly,separator=%x20)|%s',
    'work-ledger',
  );
  const times = new Map<string, number>();
  const claims = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [op = '', epoch = '', subject = ''] = line.split('|');
    times.set(op, (times.get(op) ?? 0) + 1);
    const item = /^claim:? (\S+)/.exec(subject)?.[1];
    if (item !== undefined) claims.set(`${item} ${epoch}`, (claims.get(`${item} ${epoch}`) ?? 0) + 1);
  }
  return {
    lost: acknowledged.filter(({ op }) => !times.has(op)).length,
    twice: [...times.values()].filter((n) => n > 1).length,
    claimed_twice: [...claims.values()].filter((n) => n > 1).length,
    findings: kind === 'naive' ? 0 : await verify(clones[0] ?? ''),
  };
}

async function verify(dir: string): Promise<number> {
  const ledger = await openLedger({ dir, actor: 'bench' });
  await ledger.clone.sync();
  const { findings } = await ledger.audit.verify();
  await ledger.close();
  return findings.length;
}
