import type { WorkLedger } from '../../src/ledger/work-ledger.ts';
import type { Settled } from './oracles/oracle.ts';
import type { Clone } from './world/clone.ts';
import { BRANCH } from './world/host.ts';
import type { World } from './world/world.ts';

/** After so many rounds of syncing, what is apart stays apart. */
const ROUNDS = 4;

/** A clone with the process that syncs it. */
interface Syncing {
  clone: Clone;
  ledger: WorkLedger;
  /** Why it could not, the last time. */
  failed: string | undefined;
}

/** Mends everything, lets each clone sync until nothing is left to share, and asks each how it stands. */
export async function settle(world: World): Promise<Settled[]> {
  world.tell('everything is mended');
  for (const process of world.processes) process.kill();
  world.mend();
  const clones: Syncing[] = [];
  for (const clone of world.clones.values()) {
    const process = world.start(clone);
    clones.push({ clone, ledger: await world.untilDone(() => process.open()), failed: undefined });
  }
  for (let round = 1; round <= ROUNDS && !(round > 1 && isShared(world)); round += 1) {
    for (const one of clones) one.failed = await world.untilDone(() => sync(one.ledger));
  }
  const settled: Settled[] = [];
  const verified = new Set<string | undefined>();
  for (const one of clones) {
    const tip = one.clone.refs.get(BRANCH);
    // What one clone finds, another does as well, unless their clocks differ.
    const verifies = one.clone.skews.length > 0 || !verified.has(tip);
    verified.add(tip);
    settled.push(await world.untilDone(() => ask(one, verifies)));
  }
  return settled;
}

const isShared = ({ clones, host }: World): boolean =>
  [...clones.values()].every(({ refs }) => refs.get(BRANCH) === host.tip);

const sync = ({ clone }: WorkLedger): Promise<string | undefined> =>
  clone.sync().then(
    () => undefined,
    (error: unknown) => String(error),
  );

async function ask({ clone, ledger, failed }: Syncing, verifies: boolean): Promise<Settled> {
  const { tip } = await ledger.query.asOf();
  const { pending } = await ledger.clone.status();
  const rejected = await ledger.clone.rejected();
  const findings = verifies ? (await ledger.audit.verify()).findings : [];
  await ledger.close();
  return {
    clone: clone.name,
    tip,
    rejected: rejected.map(({ op }) => op),
    pending: pending.map(({ op }) => op ?? ''),
    findings: findings.map(({ rule, commit, message }) => ({ rule, commit, message })),
    failed,
  };
}
