import type { CheckpointInput } from '../../index.ts';
import type { Run } from '../command.ts';
import { readText, readValue } from '../input.ts';
import type { checkpointOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof checkpointOptions> = async ({ args, options, cli }) => {
  const { step, summary, next, work_ref, artifacts, effects, data } = options;
  const value = await readValue(data, '--data');
  const checkpoint: CheckpointInput = {
    ...(step !== undefined && { step }),
    ...(summary !== undefined && { summary: await readText(summary, cli.world) }),
    ...(next !== undefined && { next_action: next }),
    ...(work_ref !== undefined && { work_ref }),
    ...(artifacts.length > 0 && { artifacts }),
    ...(effects.length > 0 && { effects }),
    ...(value !== undefined && { data: value }),
  };
  return onItems(
    cli,
    'checkpoint',
    args,
    (ledger, id) => ledger.checkpointWork(id, checkpoint, cli.fence(options)),
    ({ id }) => `recorded a checkpoint of ${id}`,
  );
};
