import { type Attempt, asName, markData, type Resumption, type WorkLedger } from '../../../index.ts';
import { primeLines, readHeld, readStanding } from '../../../operations/standing.ts';
import type { Cli } from '../../cli.ts';
import { command, ID, READ, type Reply } from '../../command.ts';
import { questionLines, workLines } from '../../render/item.ts';
import { type Line, printLine, shortTime, styled } from '../../render/line.ts';
import { itemsReply } from '../../render/list.ts';

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
    const resumption = await ledger.query.resume(await ledger.query.resolveId(typed));
    return {
      kind: 'resumption',
      data: { ...resumption, next: nextSteps(resumption) },
      lines: resumptionLines(resumption),
      ids: [resumption.item.id],
    };
  },
});

export const primeCommand = command({
  summary: 'tell an agent where it stands, in at most 600 tokens',
  details:
    'Who it is, what its execution holds with the last checkpoint and the answers that arrived, the three most urgent items that are ready, and how to go on. What comes from the ledger is marked as data. Hooks give it to an agent when its session begins, or begins again: see `wl setup`.',
  options: READ,
  examples: ['wl prime', 'wl prime --json'],
  run: async ({ options, cli }) => {
    const ledger = await cli.openToRead(options);
    const standing = await readStanding(ledger, cli.executionId);
    return { kind: 'standing', data: standing, lines: primeLines(standing, cli.clock.now()) };
  },
});

async function listHeld(cli: Cli, ledger: WorkLedger): Promise<Reply> {
  const { own: items } = await readHeld(ledger, cli.executionId);
  if (items.length === 0) cli.notice(`nothing that ${ledger.actor} claimed in this clone is held still`);
  else cli.notice('wl resume ID tells where to go on');
  return itemsReply(cli, items);
}

/** What an agent reads to go on with an item, and what it can type next. */
const resumptionLines = (resumption: Resumption): Line[] => [
  ...whereItStands(resumption),
  '',
  [styled('bold', 'Next, type one of:')],
  ...nextSteps(resumption).map((step) => `  ${step}`),
];

/** What an agent reads to go on with an item: what others wrote is marked as data. */
export function whereItStands(resumption: Resumption): Line[] {
  const { item, attempt, max_attempts, earlier } = resumption;
  const lines = [...workLines(item), ...earlierLines(earlier)];
  const { note, blocks } = markData([lines.map((line) => printLine(line, false)).join('\n')]);
  return [
    [styled('bold', item.id), `  ${describeState(resumption)}; attempt ${attempt} of ${max_attempts}`],
    ...questionLines(resumption.in_question),
    [styled('dim', note)],
    ...blocks.flatMap((block) => block.split('\n')),
  ];
}

function describeState({ item, held }: Resumption): string {
  const { status, owner, claim } = item;
  if (held !== null) return `${status}, yours: epoch ${held.epoch}, ${held.execution_id}`;
  if (owner === undefined || claim === undefined || status === 'pending') return `${status}, held by nobody`;
  return `${status}, ${asName(owner)}: epoch ${claim.epoch}, ${asName(claim.execution_id)}`;
}

function earlierLines(earlier: readonly Attempt[]): Line[] {
  if (earlier.length === 0) return [];
  const lines = earlier.map(({ epoch, actor, execution_id, since, ended }): Line => {
    const why = ended === null ? '' : `, ended by ${ended.verb} of ${ended.by} at ${shortTime(ended.at)}`;
    const reason = ended?.reason ? `: ${ended.reason}` : '';
    return `    epoch ${epoch}: ${actor}, ${execution_id ?? '-'}, from ${shortTime(since)}${why}${reason}`;
  });
  return ['', [styled('bold', 'Who had it before:')], ...lines];
}

/** Commands that fit, each as it can be typed. */
export function nextSteps({ item, held }: Resumption): string[] {
  const { id, status } = item;
  if (held !== null && status === 'blocked') return [`wl start ${id}`, `wl release ${id}`];
  if (held !== null && status === 'in_review') return [`wl show ${id}`];
  if (held !== null) {
    return [
      `wl checkpoint ${id} --step TEXT --summary TEXT --next TEXT`,
      `wl complete ${id} --result KEY=VALUE`,
      `wl fail ${id} --retry --error TEXT`,
      `wl release ${id} --reason TEXT`,
    ];
  }
  if (status === 'pending') return [`wl claim ${id}`];
  if (status === 'failed') return [`wl retry ${id}`];
  return [`wl show ${id}`];
}
