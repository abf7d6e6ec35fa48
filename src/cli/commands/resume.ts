import type { WorkLedger } from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { Run } from '../command.ts';
import { itemsReply } from '../render/list.ts';
import { nextSteps, resumptionLines } from '../render/resume.ts';
import type { Reply } from '../reply.ts';
import type { READ } from '../table/options.ts';

export const run: Run<typeof READ> = async ({ args: [typed], options, cli }) => {
  const ledger = await cli.openToRead(options);
  if (typed === undefined) return listHeld(cli, ledger);
  const resumption = await ledger.resume(await ledger.resolveId(typed));
  return {
    kind: 'resumption',
    data: { ...resumption, next: nextSteps(resumption) },
    lines: resumptionLines(resumption),
    ids: [resumption.item.id],
  };
};

async function listHeld(cli: Cli, ledger: WorkLedger): Promise<Reply> {
  const own = cli.executionId;
  const items = (await ledger.heldHere()).filter(
    ({ claim }) => own === undefined || claim?.execution_id === own,
  );
  if (items.length === 0) cli.notice(`nothing that ${ledger.actor} claimed in this clone is held still`);
  else cli.notice('wl resume ID tells where to go on');
  return itemsReply(cli, items);
}
