import type { Run } from '../command.ts';
import { RaceLost } from '../failure.ts';
import { resolveOne } from '../ids.ts';
import { readText } from '../input.ts';
import type { answerOptions } from '../table/talking.ts';
import { whereabouts } from '../transition.ts';

export const run: Run<typeof answerOptions> = async ({ args: [typed = '', ...words], options, cli }) => {
  const answer = words.length === 0 ? undefined : await readText(words.join(' '), cli.world);
  const ledger = await cli.open();
  const id = await resolveOne(ledger, typed, 'complete');
  const { EscalationProtocol } = await import('../../agents.ts');
  const protocol = new EscalationProtocol({ ledger });
  const done = await cli.busy('answering', () => protocol.answer(id, { answer, option: options.option }));
  if (!done.ok) throw new RaceLost(done);
  const { escalation, unblocked, where } = done;
  return {
    kind: 'escalation',
    data: { ...escalation, unblocked: unblocked.map((work) => work.id) },
    lines: [
      `answered ${id}${whereabouts(ledger, where)}`,
      ...unblocked.map((work) => `  ${work.id} goes on: ${work.status}`),
    ],
    ids: [id],
    where: ledger.remote === null ? undefined : where,
  };
};
