import type { WorkLedger } from '../../../index.ts';
import type { Cli } from '../../cli.ts';
import { command } from '../../command.ts';
import { ID, READ } from '../../options.ts';
import { itemsReply } from '../../render/list.ts';
import { nextSteps, resumptionLines } from '../../render/resume.ts';
import type { Reply } from '../../reply.ts';

export const resumeCommand = command({
  summary: 'tell where to go on with an item, or list what this clone holds',
  details:
    'For an agent to read: the work, its last checkpoint, who had it before and why that ended, and what to type next. Without an id it lists what the actor claimed in this clone and still holds; with WL_EXECUTION_ID, what that execution does.',
  args: [{ name: '[id]', help: ID.help }],
  options: READ,
  examples: ['wl resume 0001', 'wl resume --json'],
  run: async ({ args: [typed], options, cli }) => {
    const ledger = await cli.openToRead(options);
    if (typed === undefined) return listHeld(cli, ledger);
    const resumption = await ledger.resume(await ledger.resolveId(typed));
    return {
      kind: 'resumption',
      data: { ...resumption, next: nextSteps(resumption) },
      lines: resumptionLines(resumption),
      ids: [resumption.item.id],
    };
  },
});

async function listHeld(cli: Cli, ledger: WorkLedger): Promise<Reply> {
  const own = cli.executionId;
  const items = (await ledger.heldHere()).filter(
    ({ claim }) => own === undefined || claim?.execution_id === own,
  );
  if (items.length === 0) cli.notice(`nothing that ${ledger.actor} claimed in this clone is held still`);
  else cli.notice('wl resume ID tells where to go on');
  return itemsReply(cli, items);
}
