import type { CheckpointInput } from '../../../index.ts';
import { command, FENCE, ID, list, text } from '../../command.ts';
import { readText, readValue } from '../../input.ts';
import { onItems } from '../../transition.ts';

export const checkpointCommand = command({
  summary: 'record where work stands, and renew the claim',
  details: 'Whoever takes the item over gets the last checkpoint.',
  args: [ID],
  options: {
    step: text('--step <text>', 'where the work stands'),
    summary: text('--summary <text>', 'what is done: text, @FILE, or - for standard input'),
    next: text('--next <text>', 'what to do next'),
    work_ref: text('--work-ref <ref>', 'the branch or commit that holds the work'),
    artifacts: list('--artifact <path>', 'something it made (repeatable)'),
    effects: list('--effect <text>', 'something it did outside, not to be done twice (repeatable)'),
    data: text('--data <json>', 'anything else: JSON, or @FILE with JSON'),
    ...FENCE,
  },
  examples: [
    'wl checkpoint 0001 --step "schema done" --next "migrate the rows" --work-ref feature/keys',
    'wl checkpoint 0001 --artifact out.csv --effect "mailed the customer" --data @state.json',
  ],
  run: async ({ args, options, cli }) => {
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
      (ledger, id) => ledger.work.checkpoint(id, checkpoint, cli.fence(options)),
      ({ id }) => `recorded a checkpoint of ${id}`,
    );
  },
});
