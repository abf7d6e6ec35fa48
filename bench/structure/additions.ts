import type { Source } from './sources.ts';

/** One file of `src` as an addition leaves it. */
interface Edit {
  file: string;
  /** @param text of the file; empty where it is new */
  change(text: string): string;
}

/** Something that one adds to the program, with all that it takes in `src`. */
export interface Addition {
  kind: string;
  name: string;
  edits: readonly Edit[];
}

const before =
  (anchor: string, what: string) =>
  (text: string): string =>
    text.replace(anchor, () => what + anchor);
const after =
  (anchor: string, what: string) =>
  (text: string): string =>
    text.replace(anchor, () => anchor + what);
const both =
  (...changes: readonly ((text: string) => string)[]) =>
  (text: string): string =>
    changes.reduce((changed, change) => change(changed), text);

/** As files of the copy name each other: no import of this file's. */
const from = (path: string): string => `from '${path}';`;

const VERB = `import { text } ${from('../check-input.ts')}
import type { Fence } ${from('../commands.ts')}
import type { WorkId } ${from('../ids.ts')}
import { type ChangingVerb, defineVerb } ${from('./define.ts')}
import { FENCE } ${from('./shared.ts')}

type FlagInput = { id: WorkId; reason: string; label: string } & Fence;

export const flag: ChangingVerb<FlagInput> = defineVerb<FlagInput>({
  from: ['in_progress'],
  to: 'same',
  by: 'owner',
  fenced: true,
  reason: 'required',
  input: { reason: text, label: text, ...FENCE },
  line: 'flagged',
  apply: (item, { label }) => ({ ...item, labels: [...item.labels, label].sort() }),
  read: ({ before, after }) => ({ label: after.labels.find((one) => !before?.labels.includes(one)) ?? '' }),
  least: () => ({ label: 'asked' }),
  content: ({ label }) => label,
});
`;

const COMMAND = `import { required } ${from('../../../operations/typed.ts')}
import { command, FENCE, IDS, REASON, text } ${from('../../command.ts')}
import { onItems } ${from('../../transition.ts')}

export const flagCommand = command({
  summary: 'mark items in progress',
  args: [IDS],
  options: { label: text('--label <label>', 'with what'), ...REASON, ...FENCE },
  examples: ['wl flag 0001 --label odd --reason "a smell"'],
  run: async ({ args, options, cli }) => {
    const label = required(options.label, 'A label', 'wl flag ID --label LABEL --reason TEXT');
    const reason = required(options.reason, 'A reason', 'wl flag ID --label LABEL --reason TEXT');
    return onItems(
      cli,
      'flag',
      args,
      (ledger, id) => ledger.work.act('flag', id, { label, reason, ...cli.fence(options) }),
      ({ id }) => \`flagged \${id}\`,
    );
  },
});
`;

/**
 * One of each kind that is added most. test/e2e/toy-additions.test.ts adds them to a copy of the sources, compiles it and runs it: so
 * nothing is missing from these lists. Docs and tests come on top.
 */
export const ADDITIONS: readonly Addition[] = [
  {
    kind: 'verb with its command',
    name: 'flag',
    edits: [
      { file: 'src/domain/verbs/flag.ts', change: () => VERB },
      {
        file: 'src/domain/verbs.ts',
        change: both(
          before('/**\n * The whole life', `import { flag } ${from('./verbs/flag.ts')}\n\n`),
          after('const LIST = {\n', '  flag,\n'),
        ),
      },
      { file: 'src/cli/commands/lifecycle/flag.ts', change: () => COMMAND },
      {
        file: 'src/cli/program.ts',
        change: before('    block,\n', "    flag: () => import('./commands/lifecycle/flag.ts'),\n"),
      },
    ],
  },
  {
    kind: 'field of an item',
    name: 'severity',
    edits: [
      {
        file: 'src/domain/fields.ts',
        change: before(
          '  execution_id: {',
          `  severity: {
    kind: optional(name),
    settable: 'whole',
    option: { flags: '--severity <name>', create: 'how bad it is', update: 'how bad it is; none for unknown' },
    show: 'severity',
  },
  watchers: {
    kind: list(name),
    settable: 'whole',
    merge: 'set',
    option: { flags: '--watcher <name>', create: 'who is told (repeatable)', update: 'who is told (repeatable)' },
    show: 'watchers',
  },
  extent: {
    kind: optional(map(4)),
    settable: 'whole',
    option: { flags: '--extent <json>', create: 'how far it reaches, as JSON' },
    show: 'extent',
  },
`,
        ),
      },
    ],
  },
  {
    kind: 'filter of lists',
    name: '--tried',
    edits: [
      {
        file: 'src/query/filter.ts',
        change: both(
          before('  job_id: text,\n', '  attempts: count,\n'),
          before(
            "  is('job', filter.job_id);\n",
            `  if (filter.attempts !== undefined) add("item ->> '$.attempts' >= ?", filter.attempts);\n`,
          ),
        ),
      },
      {
        file: 'src/operations/filter.ts',
        change: before(
          "  job: row('text',",
          `  tried: row('text', '--tried <n>', 'tried so often, or more often', (typed) => ({
    attempts: typed === undefined ? undefined : Number(typed),
  })),
`,
        ),
      },
    ],
  },
  {
    kind: 'format of the report',
    name: 'tsv',
    edits: [
      {
        file: 'src/cli/formats/report.ts',
        change: before(
          '  json: {\n',
          `  tsv: {
    extension: 'tsv',
    media_type: 'text/tab-separated-values',
    render: ({ since, until }) => ['since\\tuntil', \`\${since}\\t\${until}\`],
  },
`,
        ),
      },
    ],
  },
  {
    kind: 'tracker to import from',
    name: 'todo',
    edits: [
      {
        file: 'src/transfer/todo.ts',
        change: () => `import type { ImportSources, SourceFormat } ${from('./import.ts')}

/** A title a line. */
export const todo: SourceFormat<ImportSources['file']> = {
  keepsIds: false,
  records: ({ text }) => {
    const titles = text.split('\\n').filter((line) => line !== '');
    return {
      raw: titles.map((title, at) => ({ source_id: title, value: { id: title, title }, where: { line: at + 1 } })),
      count: titles.length,
    };
  },
  read: (record, { source_id }, { now }) => ({
    fields: {
      title: record.text('title'),
      type: 'task',
      priority: 'medium',
      status: 'pending',
      created_at: now,
      created_by: source_id,
      updated_at: now,
    },
    edges: [],
  }),
};
`,
      },
      {
        file: 'src/transfer/formats.ts',
        change: before(
          '  json: {\n',
          `  todo: {
    source: 'file',
    help: 'a title a line',
    load: async () => (await import('./todo.ts')).todo,
  },
`,
        ),
      },
    ],
  },
  {
    kind: 'review host',
    name: 'toy',
    edits: [
      {
        file: 'src/hosts/toy.ts',
        change: () => `import { compareLink, type ReviewHost } ${from('./host.ts')}

export const toy: ReviewHost = {
  server: /toy/,
  files: ['.toy/'],
  settings: 'on Toy: Settings',
  link: compareLink,
  program: 'toyctl',
  list: ({ path }) => ['list', path],
  listed: ({ base, head, url }) => ({ base, head, url }),
  create: ({ path }, { base, head }) => ['create', path, base, head],
};
`,
      },
      {
        file: 'src/hosts/list.ts',
        change: both(
          after(
            `import type { HostedRepository, ReviewHost } ${from('./host.ts')}\n`,
            `import { toy } ${from('./toy.ts')}\n`,
          ),
          (text) => text.replace('gitlab, gitea }', () => 'gitlab, gitea, toy }'),
        ),
      },
    ],
  },
  {
    kind: 'error code',
    name: 'TOO_ODD',
    edits: [
      {
        file: 'src/domain/errors.ts',
        change: before('  INTERNAL: {', '  TOO_ODD: { retryable: false },\n'),
      },
      {
        file: 'src/domain/error-details.ts',
        change: before('  INTERNAL: {', '  TOO_ODD: { odd?: number };\n'),
      },
      { file: 'src/operations/refusal.ts', change: before("  NOT_READY: '", "  TOO_ODD: 'precondition',\n") },
    ],
  },
  {
    kind: 'setting',
    name: 'oddness',
    edits: [
      {
        file: 'src/domain/settings.ts',
        change: before('  retention_days: optional', '  oddness: optional(int(0, 9)),\n'),
      },
    ],
  },
];

/** The files that an addition touches, and what they become. @throws where a file has no longer the place that is changed */
export function applied({ name, edits }: Addition, sources: readonly Source[]): ReadonlyMap<string, string> {
  const known = new Map(sources.map(({ path, text }) => [`src/${path}`, text]));
  return new Map(
    edits.map(({ file, change }) => {
      const text = known.get(file) ?? '';
      const changed = change(text);
      if (changed === text) throw new Error(`${name}: ${file} has no place for it any more`);
      return [file, changed];
    }),
  );
}
