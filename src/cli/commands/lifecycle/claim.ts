import type { ClaimOptions, WorkItem } from '../../../index.ts';
import type { Cli } from '../../cli.ts';
import { type Call, command, IDS, LEASE, type Reply } from '../../command.ts';
import { resumeLines } from '../../render/item.ts';
import { onItems } from '../../transition.ts';

export const claimCommand = command({
  summary: 'claim ready items; whoever the remote takes first holds them',
  args: [IDS],
  options: LEASE,
  examples: ['wl claim 0001', 'wl claim 0001 0002 --actor ada --ttl 7200'],
  run: (call) => take('claim', call),
});

export const startCommand = command({
  summary: 'claim items, or take up blocked ones again',
  args: [IDS],
  options: LEASE,
  examples: ['wl start 0001', 'WL_EXECUTION_ID=exec-7 wl start 0001'],
  run: (call) => take('start', call),
});

/** What `claim`, `start` and `next --claim` have in common. */
export function claimOptions(
  cli: Cli,
  { execution, ttl, tentative }: Pick<Call<typeof LEASE>['options'], 'execution' | 'ttl' | 'tentative'>,
): ClaimOptions {
  return { execution_id: execution ?? cli.executionId, ttl_s: ttl, tentative };
}

export const tellTaken = (verb: string, item: WorkItem): string =>
  `${verb} ${item.id} as ${item.owner} (epoch ${item.claim?.epoch})`;

export function take(verb: 'claim' | 'start', { args, options, cli }: Call<typeof LEASE>): Promise<Reply> {
  const asked = claimOptions(cli, options);
  return onItems(
    cli,
    verb,
    args,
    (ledger, id) => (verb === 'claim' ? ledger.claimWork(id, asked) : ledger.startWork(id, asked)),
    (item) => tellTaken(verb === 'claim' ? 'claimed' : 'started', item),
    resumeLines,
  );
}
