import type { ClaimOptions, WorkItem } from '../index.ts';
import type { Cli } from './cli.ts';
import type { Call } from './command.ts';
import type { LEASE } from './options.ts';
import { resumeLines } from './render/item.ts';
import type { Reply } from './reply.ts';
import { onItems } from './transition.ts';

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
