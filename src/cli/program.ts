import type { Command, CommandEntry } from './command.ts';
import { readWords } from './grammar.ts';
import { garbledArgument, inProcess, type World } from './process.ts';

// The program: the commands that it has, and how a call of it is answered. Each file is loaded when one of its commands is called or
// described.

const acknowledge = () => import('./commands/audit/acknowledge.ts');
const report = () => import('./commands/audit/report.ts');
const verify = () => import('./commands/audit/verify.ts');
const versions = () => import('./commands/audit/versions.ts');
const escalation = () => import('./commands/collaboration/escalation.ts');
const mcp = () => import('./commands/collaboration/mcp.ts');
const presence = () => import('./commands/collaboration/presence.ts');
const follow = () => import('./commands/collaboration/follow.ts');
const work = () => import('./commands/collaboration/work.ts');
const configExplain = () => import('./commands/ledger/config-explain.ts');
const config = () => import('./commands/ledger/config.ts');
const doctor = () => import('./commands/ledger/doctor.ts');
const files = () => import('./commands/ledger/files.ts');
const hook = () => import('./commands/ledger/client-hook.ts');
const hooksInstall = () => import('./commands/ledger/hooks-install.ts');
const init = () => import('./commands/ledger/init.ts');
const merge = () => import('./commands/ledger/merge.ts');
const setup = () => import('./commands/ledger/setup.ts');
const status = () => import('./commands/ledger/status.ts');
const sync = () => import('./commands/ledger/sync.ts');
const transfer = () => import('./commands/ledger/transfer.ts');
const accept = () => import('./commands/lifecycle/accept.ts');
const block = () => import('./commands/lifecycle/block.ts');
const checkpoint = () => import('./commands/lifecycle/checkpoint.ts');
const claim = () => import('./commands/lifecycle/claim.ts');
const create = () => import('./commands/lifecycle/create.ts');
const deleting = () => import('./commands/lifecycle/delete.ts');
const end = () => import('./commands/lifecycle/end.ts');
const next = () => import('./commands/lifecycle/next.ts');
const recover = () => import('./commands/lifecycle/recover.ts');
const resume = () => import('./commands/lifecycle/resume.ts');
const retry = () => import('./commands/lifecycle/retry.ts');
const update = () => import('./commands/lifecycle/update.ts');
const item = () => import('./commands/query/item.ts');
const history = () => import('./commands/query/history.ts');
const lists = () => import('./commands/query/lists.ts');
const branch = () => import('./commands/review/branch.ts');
const decide = () => import('./commands/review/decide.ts');
const look = () => import('./commands/review/look.ts');
const submit = () => import('./commands/review/submit.ts');

/** What a file calls a command: `depAddCommand` for `dep add`. */
type ExportOf<Name extends string> = `${CamelCase<Name>}Command`;
type CamelCase<Name extends string> = Name extends `${infer Word}${' ' | '-'}${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : Name;

type File<Name extends string = string> = () => Promise<Readonly<Record<ExportOf<Name>, Command>>>;
const table = <T extends { [Name in keyof T & string]: File<Name> }>(
  files: T,
): Readonly<Record<string, File>> => files;

/**
 * Every command by its name as it is typed, in the order in which help lists them, and the file that says what it takes and does.
 */
const COMMANDS = {
  'Work items': table({
    create,
    update,
    accept,
    comment: update,
    assign: update,
    'dep add': update,
    'dep rm': update,
    delete: deleting,
    'dep tree': item,
  }),
  'Doing work': table({
    next,
    claim,
    start: claim,
    resume,
    prime: resume,
    checkpoint,
    complete: end,
    fail: end,
    release: end,
    block,
    unblock: block,
    retry,
    cancel: end,
    adopt: recover,
    reopen: retry,
    recover,
    submit,
    'review list': look,
    'review show': look,
    'review diff': look,
    'review open': branch,
    'review approve': decide,
    'review reject': decide,
    'review withdraw': decide,
    'review refresh': branch,
    'review check': branch,
    work,
    mcp,
    escalate: escalation,
    answer: escalation,
  }),
  Looking: table({
    presence,
    escalations: escalation,
    watch: follow,
    wait: follow,
    show: item,
    list: lists,
    ready: lists,
    explain: item,
    search: lists,
    children: lists,
    progress: item,
    stale: lists,
    history,
    log: history,
    diff: versions,
    blame: versions,
    report,
  }),
  'The ledger': table({
    init,
    setup,
    status,
    index: status,
    sync,
    rejected: sync,
    'rejected apply': sync,
    'rejected drop': sync,
    config,
    'config get': config,
    'config set': config,
    import: transfer,
    export: transfer,
    verify,
    acknowledge,
    version: status,
    'config apply': config,
    'config explain': configExplain,
    templates: files,
    'files set': files,
    'files rm': files,
    hook,
    'hooks install': hooksInstall,
    'merge-driver': merge,
    resolve: merge,
    doctor,
    'recover-history': doctor,
  }),
};

const ALIASES: Readonly<Record<string, string>> = { create: 'new', complete: 'done', list: 'ls' };

export const INDEX: readonly CommandEntry[] = Object.entries(COMMANDS).flatMap(([group, files]) =>
  Object.entries(files).map(([name, file]) => ({
    name,
    alias: ALIASES[name],
    group,
    load: async () => {
      const camelCase = name.replaceAll(/[ -]./g, (found) => found.charAt(1).toUpperCase());
      // That it is there, `table` has asked of the compiler.
      return (await file())[`${camelCase}Command`] as Command;
    },
  })),
);

/** Runs the program on what was typed after its name. @returns the exit status */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const reading = await readWords(argv, INDEX);
  if (reading.kind === 'call') return (await import('./cli.ts')).execute(reading, world);
  const { answer } = await import('./help.ts');
  return answer(reading, INDEX, argv, world);
}

export const start = (): Promise<void> =>
  inProcess(async (argv, world) => {
    const garbled = garbledArgument(argv);
    if (garbled === undefined) return run(argv, world);
    const { refuseGarbled } = await import('./failure.ts');
    return refuseGarbled(garbled, argv, world);
  });
