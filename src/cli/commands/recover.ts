import type { OrphanedWork, RecoveredWork } from '../../index.ts';
import type { Run } from '../command.ts';
import { type Line, styled } from '../render/line.ts';
import { age } from '../render/time.ts';
import type { recoverOptions } from '../table/doing.ts';
import { whereabouts } from '../transition.ts';

export const run: Run<typeof recoverOptions> = async ({ options, cli }) => {
  const ledger = await cli.open();
  const items = await cli.busy('recovering', async () => {
    const { findSilent, recoverSilent } = await import('../../agents.ts');
    return options.dry_run ? findSilent(ledger) : recoverSilent(ledger);
  });
  if (items.length === 0) cli.notice('no claim has run out');
  const where = ledger.mode === 'push' ? 'remote' : 'local';
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
    where: ledger.remote === null || options.dry_run ? undefined : where,
  };
};

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
