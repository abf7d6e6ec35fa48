import type { Command } from '../../src/domain/commands.ts';
import type { SettingsPatch } from '../../src/domain/configure.ts';
import type { WorkId } from '../../src/domain/ids.ts';
import type { Verb, VerbInput } from '../../src/domain/verbs.ts';
import type { WorkLedger } from '../../src/index.ts';
import { run } from './ledgers.ts';

/** The items of `liveHonestly`, by the part they play. */
export const FIRST = 'WRK-20260103-0001';
export const SECOND = 'WRK-20260103-0002';
export const THIRD = 'WRK-20260103-0003';

const SCRIPT = '2026-01-03T10:00:00.000Z';

/** Commands of one day, a minute after one another. */
export function script(ledger: WorkLedger): {
  commands: Parameters<typeof run>[1];
  say<V extends Verb>(verb: V, actor: string, input: VerbInput[V]): void;
  configure(patch: SettingsPatch): void;
} {
  const commands: Parameters<typeof run>[1][number][] = [];
  const at = (): string => new Date(Date.parse(SCRIPT) + commands.length * 60_000).toISOString();
  return {
    commands,
    say: (verb, actor, input) => {
      commands.push({ ...ledger.work.command(verb, input, actor), at: at() } as Command);
    },
    configure: (patch) => {
      const { op, actor } = ledger.work.command('comment', { id: FIRST, body: '' });
      commands.push({ verb: 'configure', patch, op, actor, at: at() });
    },
  };
}

/** A short and honest history, for forgers to start from. */
export async function liveHonestly(ledger: WorkLedger): Promise<void> {
  const { say, configure, commands } = script(ledger);
  const id: WorkId = SECOND;
  say('create', 'ada', { fields: { title: 'First', description: 'One line.\nAnother.' } });
  say('create', 'ada', { fields: { title: 'Second', idempotency_key: 'second' } });
  say('claim', 'bob', { id: FIRST, execution_id: 'exec-1' });
  say('checkpoint', 'bob', { id: FIRST, checkpoint: { step: 'half' }, epoch: 1 });
  say('block', 'ada', { id, reason: 'needs the first', blocker_id: FIRST });
  say('complete', 'bob', { id: FIRST, result: { ok: true }, epoch: 1 });
  configure({ lease_ttl_s: 600 });
  say('claim', 'bob', { id, execution_id: 'exec-2' });
  say('release', 'bob', { id, reason: 'lunch' });
  say('claim', 'cy', { id, execution_id: 'exec-3' });
  say('submit', 'cy', { id, result: { ok: true }, epoch: 2 });
  say('reject', 'ada', { id, reason: 'not yet' });
  say('create', 'ada', { fields: { title: 'Third' } });
  say('cancel', 'ada', { id: THIRD });
  say('delete', 'ada', { id: THIRD, reason: 'a mistake' });
  say('comment', 'ada', { id, body: 'Thank you.' });
  await run(ledger, commands);
}
