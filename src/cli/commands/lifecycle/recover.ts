import {
  asName,
  type OrphanedWork,
  type RecoveredWork,
  type WorkItem,
  type WorkLedger,
} from '../../../index.ts';
import { resolveOne } from '../../../operations/ids.ts';
import { readHeld } from '../../../operations/standing.ts';
import { whereIf } from '../../../operations/writes.ts';
import type { Cli } from '../../cli.ts';
import { command, flag, IDS } from '../../command.ts';
import { age, type Line, styled } from '../../render/line.ts';
import { onItems, whereabouts } from '../../transition.ts';

export const recoverCommand = command({
  summary: 'give back work whose claim ran out',
  details:
    'A claim has run out where this clone has seen no sign of its holder for a whole lease, or where the last sign is older than lease and allowance, and not by its clock alone: another machine wrote that much later, or it is a day ago; of those, one at a time. What has no attempt left fails as exhausted, and an escalation is opened. Whose holder gave a sign in the meantime is left alone.',
  options: {
    dry_run: flag('--dry-run', 'only show what would be given back'),
  },
  examples: ['wl recover --dry-run', 'wl recover --json'],
  run: async ({ options, cli }) => {
    const ledger = await cli.open();
    const items = await cli.busy('recovering', async () => {
      const { findSilent, recoverSilent } = await import('../../../agents.ts');
      return options.dry_run ? findSilent(ledger) : recoverSilent(ledger);
    });
    if (items.length === 0) cli.notice('no claim has run out');
    const where = ledger.clone.mode === 'push' ? 'remote' : 'local';
    const whither = options.dry_run ? '' : whereabouts(ledger, where);
    return {
      kind: 'items',
      data: items,
      lines: items.flatMap((item): Line[] => [
        [
          options.dry_run ? 'would recover ' : 'recovered ',
          styled('id', item.id),
          `${outcomeOf(item)}${whither}`,
        ],
        ...evidenceLines(item),
      ]),
      ids: items.map(({ id }) => id),
      where: options.dry_run ? undefined : whereIf(ledger, where),
    };
  },
});

export const adoptCommand = command({
  summary: 'take over claims of this clone: of its earlier name, or of an execution that ended',
  details:
    'A copy of a clone takes a new name, and so does a clone that finds another one under its own. Its earlier claims are then set aside. This makes them its own again: those of the ids, or all that still hold; nothing is written to the ledger.\n\nWith WL_EXECUTION_ID, an item of the ids that another execution of the same actor holds in this clone is handed on to this execution: as where a session ended and the next one goes on.\n\nCall it only where that work goes on here and nowhere else.',
  args: [{ name: '[ids...]', help: IDS.help }],
  examples: ['wl adopt', 'wl adopt 0001'],
  run: async ({ args, cli }) => {
    const ledger = await cli.open();
    const named = args.length === 0 ? undefined : await Promise.all(args.map((id) => resolveOne(ledger, id)));
    const handed = named === undefined ? [] : await handedOn(cli, ledger, named);
    if (handed.length > 0) {
      const ids = handed.map(({ id }) => id);
      const from = new Map(handed.map(({ id, claim }) => [id, claim?.execution_id ?? '']));
      const execution = cli.executionId ?? '';
      return onItems(
        cli,
        'link_execution',
        { found: ids, failures: [], several: ids.length > 1 },
        (_ledger, id) => ledger.work.linkExecution(id, execution, { execution_id: from.get(id) }),
        ({ id }) => `adopted ${id} from execution ${asName(from.get(id) ?? '')}`,
      );
    }
    const adopted = await ledger.work.adopt(named);
    if (adopted.length === 0)
      cli.notice(`nothing that ${ledger.actor} still holds is kept aside in this clone`);
    return {
      kind: 'adopted',
      data: adopted,
      lines: adopted.map(
        ({ id, execution_id, epoch, clone }) =>
          `adopted ${id}, which ${clone} claimed as execution ${execution_id} (epoch ${epoch})`,
      ),
      ids: adopted.map(({ id }) => id),
    };
  },
});

/** Of the items that are named, those that another execution of this actor holds in this clone; none where the call has no execution. */
async function handedOn(cli: Cli, ledger: WorkLedger, ids: readonly string[]): Promise<WorkItem[]> {
  if (cli.executionId === undefined) return [];
  const { others } = await readHeld(ledger, cli.executionId);
  return others.filter(({ id }) => ids.includes(id));
}

function outcomeOf({ evidence, escalation }: OrphanedWork & Pick<RecoveredWork, 'escalation'>): string {
  if (!evidence.exhausted) return '';
  return escalation === undefined ? ' as failed: exhausted' : ` as failed: exhausted; see ${escalation}`;
}

function evidenceLines({ evidence }: OrphanedWork): Line[] {
  const { owner, epoch, execution_id, last_sign, watched_s, lease_s, by, attempts, max_attempts } = evidence;
  const seen =
    by === 'watched' ? `no sign seen for ${age(watched_s * 1000)}` : 'older than lease and allowance';
  return [
    `  ${owner ?? 'nobody'}, epoch ${epoch ?? '-'}, ${execution_id ?? 'no execution'}, attempt ${attempts} of ${max_attempts}`,
    `  last sign of life ${last_sign}; lease of ${lease_s} s; ${seen}`,
  ];
}
