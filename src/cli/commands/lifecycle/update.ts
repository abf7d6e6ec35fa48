import { LINK_KINDS, type WorkLedger, type WorkLink, type WorkPatch } from '../../../index.ts';
import { fieldOptions, NONE, readFields } from '../../../operations/fields.ts';
import { resolveIds, resolveOne } from '../../../operations/ids.ts';
import { oneOf, refuse, required } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import {
  command,
  flag,
  ID,
  IDS,
  IF_REV,
  list,
  type OptionTable,
  type OptionValues,
  REASON,
  text,
} from '../../command.ts';
import { readMap, readText } from '../../input.ts';
import { onItems } from '../../transition.ts';

/** Fields without a place of their own among the options come last. */
const { title, type, priority, description, swarm_name, job_id, ...others } = fieldOptions('update');

const updateOptions = {
  title,
  type,
  priority,
  description,
  add_label: list('--add-label <label>', 'add a label (repeatable)'),
  remove_label: list('--remove-label <label>', 'remove a label (repeatable)'),
  parent: text('--parent <id>', 'the item it is a part of; none for no parent'),
  swarm_name,
  job_id,
  acceptance: list('--acceptance <text>', 'acceptance criteria, in place of those it has (repeatable)'),
  set_context: list('--set-context <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
  unset_context: list('--unset-context <key>', 'remove an entry of its context (repeatable)'),
  ...others,
  add_link: list('--add-link <kind:target>', 'such as related:WRK-20260103-0001 or commit:SHA (repeatable)'),
  remove_link: list('--remove-link <kind:target>', 'remove a link (repeatable)'),
  ...IF_REV,
} satisfies OptionTable;
type Options = OptionValues<typeof updateOptions>;

export const updateCommand = command({
  summary: 'change fields of items',
  args: [IDS],
  options: updateOptions,
  examples: [
    'wl update 0001 -p critical --add-label urgent',
    'wl update 0001 0002 --parent 0007 --set-context branch=main',
  ],
  run: async ({ args, options, cli }) => {
    const { if_rev } = options;
    const patch = await readPatch(await cli.open(), options, cli);
    if (Object.values(patch).every((part) => Object.keys(part).length === 0)) {
      throw refuse('Nothing to change was given.', 'See: wl update --help');
    }
    return onItems(
      cli,
      'update',
      args,
      (ledger, id) => ledger.work.update(id, patch, { if_rev }),
      ({ id }) => `updated ${id}`,
    );
  },
});

export const commentCommand = command({
  summary: 'add a comment to an item',
  args: [ID, { name: '<text...>', help: 'the comment; - reads standard input' }],
  examples: ['wl comment 0001 "The old key is still in use"', 'git log -3 | wl comment 0001 -'],
  run: async ({ args: [id = '', ...words], cli }) => {
    const typed = words.join(' ');
    // Only `-` is special: a comment may well begin with an @ that names someone.
    const body = required(
      typed === '-' ? await readText(typed, cli.world) : typed,
      'A text',
      'wl comment ID TEXT',
    );
    return onItems(
      cli,
      'comment',
      [id],
      (ledger, of) => ledger.work.comment(of, body),
      (item) => `commented on ${item.id}`,
    );
  },
});

export const assignCommand = command({
  summary: 'name who may claim pending items',
  args: [{ name: '<ids-and-owner...>', help: 'ids, and the owner last' }],
  options: {
    nobody: flag('--nobody', 'let anyone claim them again; all arguments are ids then'),
    ...REASON,
  },
  examples: ['wl assign 0001 0002 ada', 'wl assign 0001 --nobody'],
  run: async ({ args, options, cli }) => {
    const { nobody, reason, if_rev } = options;
    const ids = nobody ? args : args.slice(0, -1);
    const owner = nobody ? undefined : args.at(-1);
    required(ids[0], 'An id', 'wl assign ID OWNER, or: wl assign ID --nobody');
    return onItems(
      cli,
      'assign',
      ids,
      (ledger, id) => ledger.work.assign(id, owner, { reason, if_rev }),
      ({ id }) => (owner === undefined ? `${id} is anyone's to claim` : `assigned ${id} to ${owner}`),
    );
  },
});

export const depAddCommand = command({
  summary: 'let an item wait for others',
  args: [ID, { name: '<dependencies...>', help: 'items that have to be completed first' }],
  examples: ['wl dep add 0002 0001', 'wl dep add 0009 0003 0004'],
  run: async ({ args: [id = '', ...typed], cli }) => {
    const ledger = await cli.open();
    const add = await resolveIds(ledger, typed);
    return onItems(
      cli,
      'update',
      [id],
      (_, of) => ledger.work.update(of, { dependencies: { add } }),
      (item) => `${item.id} waits for ${add.join(', ')}`,
    );
  },
});

export const depRmCommand = command({
  summary: 'let an item wait for others no longer',
  args: [ID, { name: '<dependencies...>', help: 'items that it waits for now' }],
  examples: ['wl dep rm 0002 0001', 'wl dep rm 0009 0003 0004'],
  run: async ({ args: [id = '', ...typed], cli }) => {
    const ledger = await cli.open();
    const waiting = await resolveOne(ledger, id);
    const item = await ledger.query.find(waiting);
    // What is gone can still be waited for, and is only known here.
    const known = (one: string): string | undefined =>
      item?.dependencies.find((dependency) => dependency === one);
    const remove = await Promise.all(typed.map((one) => known(one) ?? ledger.query.resolveId(one)));
    return onItems(
      cli,
      'update',
      [waiting],
      (_, of) => ledger.work.update(of, { dependencies: { remove } }),
      ({ id: of }) => `${of} no longer waits for ${remove.join(', ')}`,
    );
  },
});

async function readPatch(ledger: WorkLedger, options: Options, cli: Cli): Promise<WorkPatch> {
  const { parent } = options;
  const set: NonNullable<WorkPatch['set']> = await readFields('update', options, (typed) =>
    readText(typed, cli.world),
  );
  if (parent !== undefined) set.parent_id = parent === NONE ? null : await resolveOne(ledger, parent);
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

function change<T>(add: readonly T[], remove: readonly T[]): { add?: readonly T[]; remove?: readonly T[] } {
  return { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) };
}

function readLink(typed: string): WorkLink {
  const at = typed.indexOf(':');
  const kind = oneOf(at < 0 ? typed : typed.slice(0, at), LINK_KINDS, 'The kind of a link');
  return { kind, target: at < 0 ? '' : typed.slice(at + 1) };
}
