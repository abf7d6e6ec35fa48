import { resolveAll } from '../../../operations/ids.ts';
import { required } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import { command, FENCE, flag, ID, IDS, list, REASON, type Reply, text } from '../../command.ts';
import { readMap, readText } from '../../input.ts';
import { openCriteriaLines } from '../../render/item.ts';
import { confirmItems, onItems } from '../../transition.ts';

export const completeCommand = command({
  summary: 'complete items; a ready one that nobody holds is claimed first',
  args: [IDS],
  options: {
    result: list('--result <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
    yes: flag('--yes', 'where the ledger deletes what is completed: confirm it'),
    ...FENCE,
  },
  examples: ['wl complete 0001 --result commit=4f2c1d9 --result tests=12', 'wl done 0001 0002'],
  run: async ({ args, options, cli }) => {
    const result = options.result.length === 0 ? undefined : await readMap(options.result, '--result');
    const ledger = await cli.open();
    const named = await resolveAll(ledger, args, 'complete');
    let confirm_delete = options.yes;
    if (!options.yes && named.found.length > 0 && (await ledger.query.settings()).on_complete === 'delete') {
      const question = 'This ledger deletes what is completed. Delete these items?';
      confirm_delete = (await confirmItems(cli, named.found, question)) === true;
      if (!confirm_delete)
        cli.notice('kept among the completed: this ledger deletes them only where --yes confirms it');
    }
    return onItems(
      cli,
      'complete',
      named,
      (_, id) => ledger.completeWork(id, { result, claim: true, confirm_delete, ...cli.fence(options) }),
      ({ id }) => `completed ${id}`,
      openCriteriaLines,
    );
  },
});

export const failCommand = command({
  summary: 'fail items with what went wrong',
  details: 'With --error every argument is an id; without it, what follows the first is the error.',
  args: [
    { name: '<id>', help: ID.help },
    { name: '[ids-or-error...]', help: 'more ids, or what went wrong' },
  ],
  options: {
    retry: flag('--retry', 'put it back to pending where attempts are left, after a while'),
    error: text('--error <text>', 'what went wrong: text, @FILE, or - for standard input'),
    ...FENCE,
  },
  examples: ['wl fail 0001 "the vendor API returns 500"', 'wl fail 0001 0002 --retry --error @stderr.log'],
  run: async ({ args, options, cli }) => {
    const ids = options.error === undefined ? args.slice(0, 1) : args;
    const typed = options.error ?? args.slice(1).join(' ');
    const text = options.error === undefined ? typed : await readText(typed, cli.world);
    const error = required(text, 'What went wrong', 'wl fail ID "what went wrong"');
    const reply = await onItems(
      cli,
      'fail',
      ids,
      (ledger, id) => ledger.failWork(id, { error, retry: options.retry, ...cli.fence(options) }),
      ({ id, status, not_before }) => {
        if (status === 'pending') return `failed ${id}, which is pending again, not before ${not_before}`;
        return options.retry ? `failed ${id}, which has no attempt left` : `failed ${id}`;
      },
    );
    await noticeParts(cli, reply);
    return reply;
  },
});

export const releaseCommand = command({
  summary: 'give items back; their checkpoints stay',
  args: [IDS],
  options: { ...REASON, ...FENCE },
  examples: ['wl release 0001', 'wl release 0001 --reason "out of time"'],
  run: ({ args, options, cli }) =>
    onItems(
      cli,
      'release',
      args,
      (ledger, id) => ledger.releaseWork(id, { reason: options.reason, ...cli.fence(options) }),
      ({ id }) => `released ${id}`,
    ),
});

export const cancelCommand = command({
  summary: 'cancel open items',
  args: [IDS],
  options: {
    cascade: flag('--cascade', 'its open parts, and theirs, as well: all or none'),
    ...REASON,
    ...FENCE,
  },
  examples: ['wl cancel 0001 --cascade', 'wl cancel 0001 0002 --reason "no longer needed"'],
  run: async ({ args, options: { cascade, reason, ...holder }, cli }) => {
    const reply = await onItems(
      cli,
      'cancel',
      args,
      (ledger, id) => ledger.work.cancel(id, { cascade, reason, ...cli.fence(holder) }),
      ({ id }) => `cancelled ${id}`,
    );
    await noticeParts(cli, reply);
    return reply;
  },
});

/** Says which open parts are not ready any more, since what they are a part of has ended. */
async function noticeParts(cli: Cli, { ids = [] }: Reply): Promise<void> {
  const ledger = await cli.open();
  for (const id of ids) {
    const parts = (await ledger.query.list({ parent_id: id })).map((part) => part.id);
    const [first] = parts;
    if (first === undefined) continue;
    const { obstacles } = await ledger.query.explain(first);
    if (!obstacles.some(({ kind }) => kind === 'parent')) continue;
    const them = parts.length === 1 ? 'it' : 'them';
    cli.notice(
      `open parts of ${id} are not ready any more: ${parts.join(', ')}; to cancel ${them}: wl cancel ${parts.join(' ')}`,
    );
  }
}
