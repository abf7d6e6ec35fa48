import type { CreateInput, TemplateFields, WorkId, WorkLedger } from '../../../index.ts';
import { fieldOptions, readFields } from '../../../operations/fields.ts';
import { resolveIds, resolveOne } from '../../../operations/ids.ts';
import { refuse, required } from '../../../operations/typed.ts';
import { attempt } from '../../../operations/writes.ts';
import type { Cli } from '../../cli.ts';
import { command, list, set, text } from '../../command.ts';
import { readMap, readText } from '../../input.ts';
import { oneWritten } from '../../transition.ts';

/** Fields without a place of their own among the options come last. */
const { description, type, priority, swarm_name, job_id, ...others } = fieldOptions('create');

export const createCommand = command({
  summary: 'create a work item',
  args: [{ name: '<title...>', help: 'one line; its words may stand without quotes' }],
  options: {
    description,
    template: text(
      '--template <name>',
      'begin with what a template says (see `wl templates`); options go before it',
    ),
    type,
    priority,
    labels: list('-l, --label <label>', 'a label (repeatable)'),
    parent: text('--parent <id>', 'make it a part of this item, and take over its swarm, job and references'),
    subtask_of: text('--subtask-of <id>', 'the same as --parent'),
    depends_on: set('--depends-on <id>', 'an item that has to be completed first (repeatable)'),
    discovered_from: text(
      '--discovered-from [id]',
      'the item in whose work it came up; at the end or before another option: the one that you hold',
    ),
    assign: text('--assign <owner>', 'who may claim it'),
    swarm_name,
    job_id,
    context: list('--context <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
    acceptance: list('--acceptance <text>', 'when it counts as done (repeatable)'),
    ...others,
  },
  examples: [
    'wl create "Rotate the signing keys" -t task -p high --label security',
    'wl create "The login page hangs" -t bug --discovered-from 0001',
  ],
  run: async ({ args, options, cli }) => {
    const typed: CreateInput = {
      title: required(args.join(' '), 'A title', 'wl create "What is to be done"'),
      ...(await readFields('create', options, (value) => readText(value, cli.world))),
      labels: options.labels,
      acceptance: options.acceptance.map((text) => ({ text })),
      context: await readMap(options.context, '--context'),
      owner: options.assign,
    };
    const ledger = await cli.open();
    const template =
      options.template === undefined ? undefined : await ledger.query.template(options.template);
    const input = template === undefined ? typed : onTemplate(template.fields, typed);
    const parent = options.parent ?? options.subtask_of;
    if (parent !== undefined) input.parent_id = await resolveOne(ledger, parent);
    const origin = options.discovered_from;
    if (origin !== undefined) {
      const target = origin === '' ? await onlyHeld(cli, ledger) : await resolveOne(ledger, origin);
      input.links = [...(input.links ?? []), { kind: 'discovered_from', target }];
    }
    input.dependencies = await resolveIds(ledger, options.depends_on);
    const made = await cli.busy('writing', () => attempt(ledger, () => ledger.work.create(input)));
    return oneWritten(ledger, made, ({ id, status }, changed) => {
      const now = status === 'pending' ? '' : `, and is ${status}`;
      return [changed ? `created ${id}` : `${id} was made under that key already${now}`];
    });
  },
});

/** @throws LedgerError `INVALID_INPUT` where the caller holds nothing here, or several items */
async function onlyHeld(cli: Cli, ledger: WorkLedger): Promise<WorkId> {
  const { readHeld } = await import('../../../operations/standing.ts');
  const { own: held } = await readHeld(ledger, cli.executionId);
  const [first, ...more] = held;
  if (first !== undefined && more.length === 0) return first.id;
  const what = first === undefined ? 'You hold no item here' : `You hold ${held.length} items here`;
  throw refuse(`${what}, so --discovered-from needs an id.`, 'wl resume lists what you hold here.');
}

/** What was typed goes before the template; labels of both stand, and so do entries of the context. */
function onTemplate({ title: _hint, ...template }: TemplateFields, typed: CreateInput): CreateInput {
  const given = Object.entries(typed).filter(([, value]) => value !== undefined);
  const { labels = [], context, acceptance = [] } = typed;
  return {
    ...template,
    ...(Object.fromEntries(given) as CreateInput),
    labels: [...new Set([...(template.labels ?? []), ...labels])],
    context: { ...template.context, ...context },
    acceptance: acceptance.length > 0 ? acceptance : template.acceptance,
  };
}
