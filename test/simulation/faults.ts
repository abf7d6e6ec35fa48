import type { Fault } from './plan.ts';
import type { Actor, Call, Fate } from './scheduler.ts';
import type { Clone } from './world/clone.ts';
import { BRANCH } from './world/host.ts';
import type { Process } from './world/process.ts';
import type { Fates, World } from './world/world.ts';

/** What befalls single calls and messages. */
export function fatesOf(faults: readonly Fault[]): Fates {
  const kills = faults.filter((fault) => fault.kind === 'kill');
  const messages = faults.filter((fault) => fault.kind === 'message');
  return {
    fateOf: ({ by, number }: Call & { number: number }): Fate => {
      const kill = kills.find(({ process, call }) => process === by.name && call === number);
      return kill === undefined ? 'ahead' : `dies ${kill.when}`;
    },
    mishapOf: ({ name }: Process, number: number) =>
      messages.find(({ process, message }) => process === name && message === number)?.mishap,
  };
}

/** Sets up what lasts for a while, and what happens at a time. */
export function apply(world: World, faults: readonly Fault[]): void {
  const { host, clones, scheduler } = world;
  const lags = faults.filter((fault) => fault.kind === 'lag');
  host.lag_ms = (at) => Math.max(0, ...lags.filter((lag) => isDuring(lag, at)).map(({ by_ms }) => by_ms));
  for (const fault of faults) {
    const clone = 'clone' in fault ? clones.get(fault.clone) : undefined;
    if (fault.kind === 'disk full' && clone !== undefined) clone.disk_full = fault;
    if (fault.kind === 'skew') clones.get(fault.clone)?.skews.push(fault);
    if (fault.kind === 'sleep') clones.get(fault.clone)?.sleeps.push(fault);
    if (fault.kind === 'refusal')
      host.rules.push(({ by, ref }, at) => {
        const meant = fault.refs === 'all' || (fault.refs === 'branch') === (ref === BRANCH);
        return by === fault.clone && meant && isDuring(fault, at) ? 'you may not' : undefined;
      });
  }
  for (const fault of faults) groundOf(world, fault);
  host.isDenied = (clone, at) =>
    faults.some((fault) => fault.kind === 'denied' && fault.clone === clone && isDuring(fault, at));
  const isNow = (kind: 'outage' | 'silence') => () =>
    faults.some((fault) => fault.kind === kind && isDuring(fault, scheduler.time));
  host.isAway = isNow('outage');
  host.isSilent = isNow('silence');
}

const isDuring = ({ from, until }: { from: number; until: number }, at: number): boolean =>
  from <= at && at < until;

/** What only some processes feel. */
export function limit(process: Process, faults: readonly Fault[]): void {
  for (const fault of faults) {
    if (fault.kind === 'slow' && fault.process === process.name) process.slowness = fault.times;
    if (fault.kind === 'stop' && fault.process === process.name) process.stops = fault;
  }
}

/** A person, who needs no port, and who does nothing any more once everything is mended. */
const somebody = (world: World, name: string): Actor => ({
  name,
  get alive() {
    return !world.isMended;
  },
});

/** What moves the ground that all else stands on, at its time. */
function groundOf(world: World, fault: Fault): void {
  const at = (time: number, who: string, what: string, effect: () => void): void => {
    const call = { by: somebody(world, who), what, touches: ['ground'], writes: true, due: time };
    void world.scheduler.park(call, effect);
  };
  switch (fault.kind) {
    case 'by hand': {
      const clone = world.clones.get(fault.clone);
      if (clone !== undefined)
        at(fault.at, `somebody at ${clone.name}`, inWords[fault.what], () =>
          moveByHand(world, clone, fault.what),
        );
      return;
    }
    case 'restored': {
      const clone = world.clones.get(fault.clone);
      if (clone === undefined) return;
      let kept = clone.keep();
      at(fault.from, `somebody at ${clone.name}`, 'keeps a copy', () => {
        kept = clone.keep();
      });
      at(fault.at, `somebody at ${clone.name}`, 'puts the copy back', () => {
        for (const process of world.processes.filter((one) => one.clone === clone)) process.kill();
        clone.putBack(kept);
      });
      return;
    }
    case 'pruned': {
      const clone = world.clones.get(fault.clone);
      if (clone !== undefined)
        at(fault.at, `somebody at ${clone.name}`, 'prunes', () => clone.prune(world.objects));
      return;
    }
    case 'forged':
      at(fault.at, 'somebody who may push', 'pushes a commit that is no transition', () => {
        const { host, objects } = world;
        if (host.tip === undefined) return;
        const forged = objects.commitOn(host.tip);
        world.forged.add(forged);
        host.force(BRANCH, forged, world.scheduler.time);
      });
      return;
    case 'rewritten':
      at(fault.at, 'somebody at the remote', `has the branch ${fault.what}`, () => {
        const { host, objects } = world;
        const tip = fault.what === 'emptied' ? undefined : objects.parentOf(host.tip);
        const other = fault.what === 'replaced' ? objects.reword(host.tip, 'Rewritten') : tip;
        host.force(BRANCH, other, world.scheduler.time);
      });
      return;
    default:
  }
}

const inWords = {
  'sets it on the remote': 'does what `git fetch origin +work-ledger:work-ledger` does',
  commits: 'commits by hand',
  amends: 'amends the last commit',
} as const;

function moveByHand({ objects }: World, clone: Clone, what: keyof typeof inWords): void {
  const tip = clone.refs.get(BRANCH);
  const seen = clone.refs.get('refs/work-ledger/seen/origin');
  if (tip === undefined || seen === undefined) return;
  const moved = {
    'sets it on the remote': seen,
    commits: objects.commitOn(tip),
    amends: objects.reword(tip, 'Amended'),
  }[what];
  if (moved !== undefined) clone.refs.set(BRANCH, moved);
}
