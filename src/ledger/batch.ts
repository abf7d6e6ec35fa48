import { checkOptions, type Kind, listOf } from '../domain/check-input.ts';
import { COMMON } from '../domain/commands.ts';
import { isVerb, verbOf } from '../domain/verbs.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type Connection, checkCall } from './connection.ts';
import { firstSecret, loadSecrets, submit } from './submit.ts';
import { BATCH, type BatchOptions } from './transition-inputs.ts';

/** @see LedgerWork.batch */
export async function batch(
  connection: Connection,
  commands: readonly Planned[],
  options: BatchOptions,
): Promise<Outcome[]> {
  checkCall(connection, 'batch', { commands: [listOf(COMMAND), commands] }, BATCH, options);
  const isLater = commands.some((one) => typeof one === 'function');
  // What is known only once others are decided is looked at then, when nothing can be loaded any more.
  const secrets = isLater && !connection.allowSecrets ? await loadSecrets() : undefined;
  const held = commands.map(
    (one): Planned =>
      typeof one === 'function'
        ? (earlier) => withoutSecret(wellFormed(one(earlier)), secrets?.findSecret)
        : wellFormed(one),
  );
  return submit(connection, held, options);
}

const COMMAND: Kind<Planned> = {
  what: 'a command, or a function that gives one',
  needed: false,
  is: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
};

/** @throws LedgerError `INVALID_INPUT` for what is no part of a command of its verb */
function wellFormed(command: LedgerCommand): LedgerCommand {
  if (isVerb(command.verb)) checkOptions('batch', { ...COMMON, ...verbOf(command.verb).input }, command);
  return command;
}

/** @throws LedgerError `INVALID_INPUT` for what looks like a key or token */
function withoutSecret(
  command: LedgerCommand,
  findSecret: ((text: string) => string | undefined) | undefined,
): LedgerCommand {
  const refusal = findSecret && firstSecret(command, findSecret);
  if (refusal !== undefined) throw refusal;
  return command;
}
