import {
  LedgerError,
  LINK_KINDS,
  WORK_PRIORITIES,
  WORK_TYPES,
  type WorkLedger,
  type WorkLink,
  type WorkPatch,
} from '../../index.ts';
import type { Cli } from '../cli.ts';
import type { OptionValues, Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { oneOf, readMap, readText, readTime } from '../input.ts';
import { SHORT_PRIORITY } from '../short-names.ts';
import type { updateOptions } from '../table/items.ts';
import { onItems } from '../transition.ts';

type Options = OptionValues<typeof updateOptions>;
/** Takes a field away. */
const NONE = 'none';

export const run: Run<typeof updateOptions> = async ({ args, options, cli }) => {
  const patch = await readPatch(await cli.open(), options, cli);
  if (Object.values(patch).every((part) => Object.keys(part).length === 0)) {
    throw new LedgerError('INVALID_INPUT', 'Nothing to change was given.', { hint: 'See: wl update --help' });
  }
  return onItems(
    cli,
    'update',
    args,
    (ledger, id) => ledger.updateWork(id, patch),
    ({ id }) => `updated ${id}`,
  );
};

async function readPatch(ledger: WorkLedger, options: Options, cli: Cli): Promise<WorkPatch> {
  const { parent, type, priority, description, not_before } = options;
  const set: NonNullable<WorkPatch['set']> = {};
  if (options.title !== undefined) set.title = options.title;
  if (type !== undefined) set.type = oneOf(type, WORK_TYPES, '--type');
  if (priority !== undefined) set.priority = oneOf(priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY);
  if (description !== undefined) set.description = await readText(description, cli.world);
  if (parent !== undefined) set.parent_id = parent === NONE ? null : await resolveOne(ledger, parent);
  if (options.swarm !== undefined) set.swarm_name = orNull(options.swarm);
  if (options.job !== undefined) set.job_id = orNull(options.job);
  if (not_before !== undefined)
    set.not_before = not_before === NONE ? null : readTime(not_before, '--not-before');
  if (options.max_attempts !== undefined) set.max_attempts = options.max_attempts;
  if (options.acceptance.length > 0)
    set.acceptance = options.acceptance.map((text) => ({ text, done: false }));
  const removed = Object.fromEntries(options.unset_context.map((key) => [key, null]));
  return {
    set,
    context: { ...(await readMap(options.set_context, '--set-context')), ...removed },
    labels: change(options.add_label, options.remove_label),
    links: change(options.add_link.map(readLink), options.remove_link.map(readLink)),
  };
}

const orNull = (value: string): string | null => (value === NONE ? null : value);

function change<T>(add: readonly T[], remove: readonly T[]): { add?: readonly T[]; remove?: readonly T[] } {
  return { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) };
}

function readLink(typed: string): WorkLink {
  const at = typed.indexOf(':');
  const kind = oneOf(at < 0 ? typed : typed.slice(0, at), LINK_KINDS, 'The kind of a link');
  return { kind, target: at < 0 ? '' : typed.slice(at + 1) };
}
