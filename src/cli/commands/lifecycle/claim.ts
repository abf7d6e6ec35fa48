import { type ClaimOptions, quoted, type WorkItem } from '../../../index.ts';
import type { readFilter } from '../../../operations/filter.ts';
import type { Cli } from '../../cli.ts';
import { type Call, command, IDS, LEASE, type OptionValues, type Reply } from '../../command.ts';
import { INTERRUPTED, untilStopped } from '../../process.ts';
import { resumeLines } from '../../render/item.ts';
import { oneWritten, onItems } from '../../transition.ts';

type Lease = OptionValues<typeof LEASE>;

export const claimCommand = command({
  summary: 'claim ready items; whoever the remote takes first holds them',
  args: [IDS],
  options: LEASE,
  examples: ['wl claim 0001', 'wl claim 0001 0002 --actor ada --ttl 7200'],
  run: (call) => claim('claim', call),
});

export const startCommand = command({
  summary: 'claim items, or take up blocked ones again',
  args: [IDS],
  options: LEASE,
  examples: ['wl start 0001', 'WL_EXECUTION_ID=exec-7 wl start 0001'],
  run: (call) => claim('start', call),
});

function claim(verb: 'claim' | 'start', { args, options, cli }: Call<typeof LEASE>): Promise<Reply> {
  const asked = claimOptions(cli, options);
  return onItems(
    cli,
    verb,
    args,
    (ledger, id) => (verb === 'claim' ? ledger.claimWork(id, asked) : ledger.startWork(id, asked)),
    (item) => claimedLine(verb === 'claim' ? 'claimed' : 'started', item),
    resumeLines,
  );
}

/** `next --claim`: claims the most urgent item at which nobody else is first. @returns `undefined` where nothing is ready */
export async function claimNext(
  asks: ReturnType<typeof readFilter>,
  { wait, timeout, ...lease }: Lease & { wait: boolean; timeout: number | undefined },
  cli: Cli,
): Promise<Reply | undefined> {
  const ledger = await (wait ? cli.openToStay() : cli.open());
  const filter = await asks(ledger);
  const agents = await import('../../../agents.ts');
  const asked = { ...cli.following(), ...claimOptions(cli, lease) };
  const { value, stopped } = await cli.busy('claiming', async () => {
    if (!wait) return { value: await agents.claimNext(ledger, filter, asked), stopped: false };
    return untilStopped((signal) =>
      agents.claimNext(ledger, filter, { ...asked, wait: true, timeout_s: timeout, signal }),
    );
  });
  if (value === undefined)
    return stopped ? { kind: 'item', data: undefined, lines: [], status: INTERRUPTED } : undefined;
  const done = { item: value.item, where: value.where, changed: true };
  return oneWritten(ledger, { done }, (mine) => [
    claimedLine('claimed', mine),
    `  ${quoted(mine.title)}`,
    ...resumeLines(mine),
  ]);
}

const claimOptions = (cli: Cli, { execution, ttl, tentative }: Lease): ClaimOptions => ({
  execution_id: execution ?? cli.executionId,
  ttl_s: ttl,
  tentative,
});

const claimedLine = (verb: string, item: WorkItem): string =>
  `${verb} ${item.id} as ${item.owner} (epoch ${item.claim?.epoch})`;
