import { type CreateInput, type TemplateFields, WORK_PRIORITIES, WORK_TYPES } from '../../../index.ts';
import { resolveIds, resolveOne } from '../../../operations/ids.ts';
import { oneOf, readTime, required, SHORT_PRIORITY } from '../../../operations/typed.ts';
import { attempt } from '../../../operations/writes.ts';
import { command, count, list, set, text } from '../../command.ts';
import { readMap, readText } from '../../input.ts';
import { PRIORITIES, TYPES } from '../../options.ts';
import { oneWritten } from '../../transition.ts';

export const createCommand = command({
  summary: 'create a work item',
  args: [{ name: '<title...>', help: 'one line; its words may stand without quotes' }],
  options: {
    description: text('-d, --description <text>', 'what is to be done: text, @FILE, or - for standard input'),
    template: text(
      '--template <name>',
      'begin with what a template says (see `wl templates`); options go before it',
    ),
    type: text('-t, --type <type>', `${TYPES} (default: task)`),
    priority: text('-p, --priority <priority>', `${PRIORITIES} (default: medium)`),
    labels: list('-l, --label <label>', 'a label (repeatable)'),
    parent: text('--parent <id>', 'make it a part of this item, and take over its swarm, job and references'),
    subtask_of: text('--subtask-of <id>', 'the same as --parent'),
    depends_on: set('--depends-on <id>', 'an item that has to be completed first (repeatable)'),
    assign: text('--assign <owner>', 'who may claim it'),
    swarm: text('--swarm <name>', 'the swarm it belongs to'),
    job: text('--job <id>', 'the job it belongs to'),
    context: list('--context <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
    acceptance: list('--acceptance <text>', 'when it counts as done (repeatable)'),
    not_before: text('--not-before <time>', 'not ready before this ISO time'),
    max_attempts: count('--max-attempts <n>', 'how often it may be tried'),
    key: text('--key <key>', 'create it only once: an open item with this key is returned instead'),
  },
  examples: [
    'wl create "Rotate the signing keys" -t task -p high --label security',
    'wl create "The login page hangs" --template bug --parent 0001 -d @notes.md',
  ],
  run: async ({ args, options, cli }) => {
    const { type, priority, description, not_before } = options;
    const typed: CreateInput = {
      title: required(args.join(' '), 'A title', 'wl create "What is to be done"'),
      type: type === undefined ? undefined : oneOf(type, WORK_TYPES, '--type'),
      priority:
        priority === undefined ? undefined : oneOf(priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY),
      description: description === undefined ? undefined : await readText(description, cli.world),
      labels: options.labels,
      acceptance: options.acceptance.map((text) => ({ text })),
      context: await readMap(options.context, '--context'),
      owner: options.assign,
      swarm_name: options.swarm,
      job_id: options.job,
      not_before: not_before === undefined ? undefined : readTime(not_before, '--not-before'),
      max_attempts: options.max_attempts,
      idempotency_key: options.key,
    };
    const ledger = await cli.open();
    const template = options.template === undefined ? undefined : await ledger.readTemplate(options.template);
    const input = template === undefined ? typed : onTemplate(template.fields, typed);
    const parent = options.parent ?? options.subtask_of;
    if (parent !== undefined) input.parent_id = await resolveOne(ledger, parent);
    input.dependencies = await resolveIds(ledger, options.depends_on);
    const made = await cli.busy('writing', () => attempt(ledger, () => ledger.submitWork(input)));
    return oneWritten(ledger, made, ({ id }, changed) => [
      changed ? `created ${id}` : `${id} has that key already`,
    ]);
  },
});

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
