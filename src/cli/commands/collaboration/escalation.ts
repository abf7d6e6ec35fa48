import type { Escalation, EscalationProtocol } from '../../../agents.ts';
import { isLedgerError, type WorkLedger } from '../../../index.ts';
import { resolveOne } from '../../../operations/ids.ts';
import { RaceLost } from '../../../operations/refusal.ts';
import { required } from '../../../operations/typed.ts';
import { savedId, whereIf } from '../../../operations/writes.ts';
import { command, flag, HOLDER, ID, list, READ, type Reply, text } from '../../command.ts';
import { EXIT } from '../../failure.ts';
import { readText } from '../../input.ts';
import { type Line, type Span, styled } from '../../render/line.ts';
import { listReply, statusSpan } from '../../render/list.ts';
import { whereabouts } from '../../transition.ts';

const HEADER = ['ID', 'STATUS', 'TO', 'WORK', 'TITLE'];

export const escalateCommand = command({
  summary: 'ask a person; the work waits for the answer, and exit status 10 tells to stop',
  details:
    'Where two or more words are given, the first is the id of the work. Otherwise it is about the item in WL_WORK_ID, or about ' +
    'none. The question is text, @FILE, or - for standard input. When it is answered, the work goes on by itself, in progress ' +
    'where someone holds it, with the answer in its context.',
  args: [{ name: '<words...>', help: 'the id of the work, and the question in quotes' }],
  options: {
    title: text('--title <text>', "a title (default: the question's first line)"),
    option: list('--option <text>', 'an answer to choose from (repeatable)'),
    to: text('--to <name>', 'who is to answer (default: anyone)'),
    ...HOLDER,
  },
  examples: [
    'wl escalate 0001 "Ship on Friday?" --option yes --option no --to ada',
    'WL_WORK_ID=0001 wl escalate "Which region?"',
  ],
  run: async ({ args, options, cli }) => {
    const { world } = cli;
    const [first = '', ...rest] = args;
    const [about, words] = rest.length === 0 ? [world.env.WL_WORK_ID || undefined, args] : [first, rest];
    const said = required(words.join(' '), 'A question', 'wl escalate ID "QUESTION"');
    const question = await readText(said, world);
    const ledger = await cli.open();
    const work_id = about === undefined ? undefined : await resolveOne(ledger, about, 'block');
    const protocol = await protocolOf(ledger);
    const { title, option, to } = options;
    const fence = work_id === undefined ? {} : cli.fence(options);
    try {
      const asked = await cli.busy('asking', () =>
        protocol.escalate({ work_id, title, question, options: option, to, ...fence }),
      );
      if (!asked.ok) throw new RaceLost(asked);
      return { ...escalatedReply(ledger, asked.escalation, asked.where), status: EXIT.decision.status };
    } catch (failure) {
      const id = isLedgerError(failure) ? savedId(failure) : undefined;
      if (id === undefined) throw failure;
      return { ...escalatedReply(ledger, await protocol.get(id), 'local'), failures: [failure] };
    }
  },
});

export const answerCommand = command({
  summary: 'answer an escalation; the work that waits for it goes on',
  args: [ID, { name: '[words...]', help: 'the answer: text, @FILE, or - for standard input' }],
  options: {
    option: text('--option <text>', 'one of the answers that were offered'),
  },
  examples: ['wl answer 0005 "On Monday, after the tests."', 'wl answer 0005 --option no'],
  run: async ({ args: [typed = '', ...words], options, cli }) => {
    const answer = words.length === 0 ? undefined : await readText(words.join(' '), cli.world);
    const ledger = await cli.open();
    const id = await resolveOne(ledger, typed, 'complete');
    const protocol = await protocolOf(ledger);
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
      where: whereIf(ledger, where),
    };
  },
});

export const escalationsCommand = command({
  summary: 'list what waits for an answer, most urgent first',
  options: {
    to: text('--to <name>', 'that this one is to answer'),
    all: flag('--all', 'answered and cancelled ones too'),
    ...READ,
  },
  examples: ['wl escalations --to ada', 'wl escalations --all --json'],
  run: async ({ options, cli }) => {
    const ledger = await cli.openToRead(options);
    const protocol = await protocolOf(ledger);
    const asked = { to: options.to };
    const found = await (options.all ? protocol.all(asked) : protocol.pending(asked));
    return listReply(cli, 'escalations', found, HEADER, toColumns, 'nothing waits for an answer');
  },
});

async function protocolOf(ledger: WorkLedger): Promise<EscalationProtocol> {
  const agents = await import('../../../agents.ts');
  return new agents.EscalationProtocol({ ledger });
}

function escalatedReply(ledger: WorkLedger, escalation: Escalation, where: 'remote' | 'local'): Reply {
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
    where: whereIf(ledger, where),
  };
}

const toColumns = ({ id, status, to, work_id, title }: Escalation): Span[] => [
  styled('id', id),
  statusSpan(status),
  to ?? '-',
  work_id === null ? '-' : styled('id', work_id),
  title,
];
