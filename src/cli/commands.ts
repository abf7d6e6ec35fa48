import type { Command } from './command.ts';

// Files of commands; each is loaded when one of its commands is called or described.
const report = () => import('./commands/audit/report.ts');
const verify = () => import('./commands/audit/verify.ts');
const versions = () => import('./commands/audit/versions.ts');
const escalation = () => import('./commands/collaboration/escalation.ts');
const presence = () => import('./commands/collaboration/presence.ts');
const wait = () => import('./commands/collaboration/wait.ts');
const watch = () => import('./commands/collaboration/watch.ts');
const work = () => import('./commands/collaboration/work.ts');
const configExplain = () => import('./commands/ledger/config-explain.ts');
const config = () => import('./commands/ledger/config.ts');
const doctor = () => import('./commands/ledger/doctor.ts');
const files = () => import('./commands/ledger/files.ts');
const hook = () => import('./commands/ledger/hook.ts');
const hooksInstall = () => import('./commands/ledger/hooks-install.ts');
const init = () => import('./commands/ledger/init.ts');
const merge = () => import('./commands/ledger/merge.ts');
const rejected = () => import('./commands/ledger/rejected.ts');
const status = () => import('./commands/ledger/status.ts');
const sync = () => import('./commands/ledger/sync.ts');
const transfer = () => import('./commands/ledger/transfer.ts');
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
const dep = () => import('./commands/query/dep.ts');
const explain = () => import('./commands/query/explain.ts');
const history = () => import('./commands/query/history.ts');
const lists = () => import('./commands/query/lists.ts');
const show = () => import('./commands/query/show.ts');
const branch = () => import('./commands/review/branch.ts');
const decide = () => import('./commands/review/decide.ts');
const look = () => import('./commands/review/look.ts');
const submit = () => import('./commands/review/submit.ts');

type Load = () => Promise<Command>;

const from =
  <K extends string>(file: () => Promise<Readonly<Record<K, Command>>>, name: K): Load =>
  async () =>
    (await file())[name];

/**
 * Every command by its name as it is typed, in the order in which help lists them. What a command takes and does stands in
 * its file.
 */
const COMMANDS = {
  'Work items': {
    create: from(create, 'createCommand'),
    update: from(update, 'updateCommand'),
    comment: from(update, 'commentCommand'),
    assign: from(update, 'assignCommand'),
    'dep add': from(dep, 'depAddCommand'),
    'dep rm': from(dep, 'depRmCommand'),
    delete: from(deleting, 'deleteCommand'),
    'dep tree': from(dep, 'depTreeCommand'),
  },
  'Doing work': {
    next: from(next, 'nextCommand'),
    claim: from(claim, 'claimCommand'),
    start: from(claim, 'startCommand'),
    resume: from(resume, 'resumeCommand'),
    checkpoint: from(checkpoint, 'checkpointCommand'),
    complete: from(end, 'completeCommand'),
    fail: from(end, 'failCommand'),
    release: from(end, 'releaseCommand'),
    block: from(block, 'blockCommand'),
    unblock: from(block, 'unblockCommand'),
    retry: from(retry, 'retryCommand'),
    cancel: from(end, 'cancelCommand'),
    adopt: from(recover, 'adoptCommand'),
    reopen: from(retry, 'reopenCommand'),
    recover: from(recover, 'recoverCommand'),
    submit: from(submit, 'submitCommand'),
    'review list': from(look, 'reviewListCommand'),
    'review show': from(look, 'reviewShowCommand'),
    'review diff': from(look, 'reviewDiffCommand'),
    'review open': from(branch, 'reviewOpenCommand'),
    'review approve': from(decide, 'reviewApproveCommand'),
    'review reject': from(decide, 'reviewRejectCommand'),
    'review withdraw': from(decide, 'reviewWithdrawCommand'),
    'review refresh': from(branch, 'reviewRefreshCommand'),
    'review check': from(branch, 'reviewCheckCommand'),
    work: from(work, 'workCommand'),
    escalate: from(escalation, 'escalateCommand'),
    answer: from(escalation, 'answerCommand'),
  },
  Looking: {
    presence: from(presence, 'presenceCommand'),
    escalations: from(escalation, 'escalationsCommand'),
    watch: from(watch, 'watchCommand'),
    wait: from(wait, 'waitCommand'),
    show: from(show, 'showCommand'),
    list: from(lists, 'listCommand'),
    ready: from(lists, 'readyCommand'),
    explain: from(explain, 'explainCommand'),
    search: from(lists, 'searchCommand'),
    children: from(lists, 'childrenCommand'),
    progress: from(explain, 'progressCommand'),
    stale: from(lists, 'staleCommand'),
    history: from(history, 'historyCommand'),
    log: from(history, 'logCommand'),
    diff: from(versions, 'diffCommand'),
    blame: from(versions, 'blameCommand'),
    report: from(report, 'reportCommand'),
  },
  'The ledger': {
    init: from(init, 'initCommand'),
    status: from(status, 'statusCommand'),
    index: from(status, 'indexCommand'),
    sync: from(sync, 'syncCommand'),
    rejected: from(rejected, 'rejectedCommand'),
    'rejected apply': from(rejected, 'rejectedApplyCommand'),
    'rejected drop': from(rejected, 'rejectedDropCommand'),
    config: from(config, 'configCommand'),
    'config get': from(config, 'configGetCommand'),
    'config set': from(config, 'configSetCommand'),
    import: from(transfer, 'importCommand'),
    export: from(transfer, 'exportCommand'),
    verify: from(verify, 'verifyCommand'),
    version: from(status, 'versionCommand'),
    'config apply': from(config, 'configApplyCommand'),
    'config explain': from(configExplain, 'configExplainCommand'),
    templates: from(files, 'templatesCommand'),
    'files set': from(files, 'filesSetCommand'),
    'files rm': from(files, 'filesRmCommand'),
    hook: from(hook, 'hookCommand'),
    'hooks install': from(hooksInstall, 'hooksInstallCommand'),
    'merge-driver': from(merge, 'mergeDriverCommand'),
    resolve: from(merge, 'resolveCommand'),
    doctor: from(doctor, 'doctorCommand'),
    'recover-history': from(doctor, 'recoverHistoryCommand'),
  },
} as const satisfies Record<string, Record<string, Load>>;

const ALIASES: Readonly<Record<string, string>> = { create: 'new', complete: 'done', list: 'ls' };

export type Group = keyof typeof COMMANDS;
export const GROUPS = Object.keys(COMMANDS) as Group[];

/** Words that only stand before another one. */
export const FAMILIES: Readonly<Record<string, string>> = {
  dep: 'what an item has to wait for',
  files: 'what the branch holds beside items',
  hooks: 'what git itself refuses',
  review: 'work that waits to be accepted',
};

/** Where a command is found. */
export interface CommandEntry {
  /** As typed: `create`, `dep add`. */
  name: string;
  alias: string | undefined;
  group: Group;
  load(): Promise<Command>;
}

export const INDEX: readonly CommandEntry[] = GROUPS.flatMap((group) =>
  Object.entries(COMMANDS[group]).map(([name, load]) => ({ name, alias: ALIASES[name], group, load })),
);

/** A command with where it is found. */
export interface FoundCommand extends Command, Omit<CommandEntry, 'load'> {}

/** All of them: what help and docs/cli.md are made from. */
export const loadCommands = (): Promise<FoundCommand[]> =>
  Promise.all(INDEX.map(async ({ load, ...entry }) => ({ ...(await load()), ...entry })));
