import type { Escalation } from '../../agents.ts';
import { isLedgerError, type WorkLedger } from '../../index.ts';
import type { Run } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { RaceLost } from '../failure.ts';
import { resolveOne } from '../ids.ts';
import { readText, required } from '../input.ts';
import type { Line } from '../render/line.ts';
import type { Reply } from '../reply.ts';
import type { escalateOptions } from '../table/talking.ts';
import { savedId, whereabouts } from '../transition.ts';

export const run: Run<typeof escalateOptions> = async ({ args, options, cli }) => {
  const { world } = cli;
  const [first = '', ...rest] = args;
  const [about, words] = rest.length === 0 ? [world.env.WL_WORK_ID || undefined, args] : [first, rest];
  const said = required(words.join(' '), 'A question', 'wl escalate ID "QUESTION"');
  const question = await readText(said, world);
  const ledger = await cli.open();
  const workId = about === undefined ? undefined : await resolveOne(ledger, about, 'block');
  const { EscalationProtocol } = await import('../../agents.ts');
  const protocol = new EscalationProtocol({ ledger });
  const { title, option, to } = options;
  const fence = workId === undefined ? {} : cli.fence(options);
  try {
    const asked = await cli.busy('asking', () =>
      protocol.escalate({ workId, title, question, options: option, to, ...fence }),
    );
    if (!asked.ok) throw new RaceLost(asked);
    return { ...tell(ledger, asked.escalation, asked.where), status: EXIT.decision.status };
  } catch (failure) {
    const id = isLedgerError(failure) ? savedId(failure) : undefined;
    if (id === undefined) throw failure;
    return { ...tell(ledger, await protocol.get(id), 'local'), failures: [failure] };
  }
};

function tell(ledger: WorkLedger, escalation: Escalation, where: 'remote' | 'local'): Reply {
  const { id, work_id, options } = escalation;
  const waits = work_id === null ? '' : `, which ${work_id} waits for`;
  const lines: Line[] = [
    `escalated ${id}${waits}${whereabouts(ledger, where)}`,
    `  to answer it: wl answer ${id} "TEXT"`,
    ...options.map((option) => `  or: wl answer ${id} --option ${JSON.stringify(option)}`),
  ];
  return {
    kind: 'escalation',
    data: escalation,
    lines,
    ids: [id],
    where: ledger.remote === null ? undefined : where,
  };
}
