import { type CreateInput, type TemplateFields, WORK_PRIORITIES, WORK_TYPES } from '../../index.ts';
import type { Run } from '../command.ts';
import { resolveIds, resolveOne } from '../ids.ts';
import { oneOf, readMap, readText, readTime, required } from '../input.ts';
import { SHORT_PRIORITY } from '../short-names.ts';
import type { createOptions } from '../table/items.ts';
import { attempt, writeReply } from '../transition.ts';

export const run: Run<typeof createOptions> = async ({ args, options, cli }) => {
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
  return writeReply(ledger, [made], [], false, ({ id }, changed) => [
    changed ? `created ${id}` : `${id} has that key already`,
  ]);
};

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
