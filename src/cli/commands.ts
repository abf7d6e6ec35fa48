import type { Command } from './command.ts';

/**
 * Every command by its name as it is typed, in the order in which help lists them. What a command takes and does stands in
 * its file, which is loaded when it is called or described.
 */
const COMMANDS = {
  'Work items': {
    create: async () => (await import('./commands/lifecycle/create.ts')).createCommand,
    update: async () => (await import('./commands/lifecycle/update.ts')).updateCommand,
    comment: async () => (await import('./commands/lifecycle/update.ts')).commentCommand,
    assign: async () => (await import('./commands/lifecycle/update.ts')).assignCommand,
    'dep add': async () => (await import('./commands/query/dep.ts')).depAddCommand,
    'dep rm': async () => (await import('./commands/query/dep.ts')).depRmCommand,
    delete: async () => (await import('./commands/lifecycle/delete.ts')).deleteCommand,
    'dep tree': async () => (await import('./commands/query/dep.ts')).depTreeCommand,
  },
  'Doing work': {
    next: async () => (await import('./commands/lifecycle/next.ts')).nextCommand,
    claim: async () => (await import('./commands/lifecycle/claim.ts')).claimCommand,
    start: async () => (await import('./commands/lifecycle/claim.ts')).startCommand,
    resume: async () => (await import('./commands/lifecycle/resume.ts')).resumeCommand,
    checkpoint: async () => (await import('./commands/lifecycle/checkpoint.ts')).checkpointCommand,
    complete: async () => (await import('./commands/lifecycle/end.ts')).completeCommand,
    fail: async () => (await import('./commands/lifecycle/end.ts')).failCommand,
    release: async () => (await import('./commands/lifecycle/end.ts')).releaseCommand,
    block: async () => (await import('./commands/lifecycle/block.ts')).blockCommand,
    unblock: async () => (await import('./commands/lifecycle/block.ts')).unblockCommand,
    retry: async () => (await import('./commands/lifecycle/retry.ts')).retryCommand,
    cancel: async () => (await import('./commands/lifecycle/end.ts')).cancelCommand,
    adopt: async () => (await import('./commands/lifecycle/recover.ts')).adoptCommand,
    reopen: async () => (await import('./commands/lifecycle/retry.ts')).reopenCommand,
    recover: async () => (await import('./commands/lifecycle/recover.ts')).recoverCommand,
    submit: async () => (await import('./commands/review/submit.ts')).submitCommand,
    'review list': async () => (await import('./commands/review/look.ts')).reviewListCommand,
    'review show': async () => (await import('./commands/review/look.ts')).reviewShowCommand,
    'review diff': async () => (await import('./commands/review/look.ts')).reviewDiffCommand,
    'review open': async () => (await import('./commands/review/branch.ts')).reviewOpenCommand,
    'review approve': async () => (await import('./commands/review/decide.ts')).reviewApproveCommand,
    'review reject': async () => (await import('./commands/review/decide.ts')).reviewRejectCommand,
    'review withdraw': async () => (await import('./commands/review/decide.ts')).reviewWithdrawCommand,
    'review refresh': async () => (await import('./commands/review/branch.ts')).reviewRefreshCommand,
    'review check': async () => (await import('./commands/review/branch.ts')).reviewCheckCommand,
    work: async () => (await import('./commands/collaboration/work.ts')).workCommand,
    escalate: async () => (await import('./commands/collaboration/escalation.ts')).escalateCommand,
    answer: async () => (await import('./commands/collaboration/escalation.ts')).answerCommand,
  },
  Looking: {
    presence: async () => (await import('./commands/collaboration/presence.ts')).presenceCommand,
    escalations: async () => (await import('./commands/collaboration/escalation.ts')).escalationsCommand,
    watch: async () => (await import('./commands/collaboration/watch.ts')).watchCommand,
    wait: async () => (await import('./commands/collaboration/wait.ts')).waitCommand,
    show: async () => (await import('./commands/query/show.ts')).showCommand,
    list: async () => (await import('./commands/query/lists.ts')).listCommand,
    ready: async () => (await import('./commands/query/lists.ts')).readyCommand,
    explain: async () => (await import('./commands/query/explain.ts')).explainCommand,
    search: async () => (await import('./commands/query/lists.ts')).searchCommand,
    children: async () => (await import('./commands/query/lists.ts')).childrenCommand,
    progress: async () => (await import('./commands/query/explain.ts')).progressCommand,
    stale: async () => (await import('./commands/query/lists.ts')).staleCommand,
    history: async () => (await import('./commands/query/history.ts')).historyCommand,
    log: async () => (await import('./commands/query/history.ts')).logCommand,
    diff: async () => (await import('./commands/audit/versions.ts')).diffCommand,
    blame: async () => (await import('./commands/audit/versions.ts')).blameCommand,
    report: async () => (await import('./commands/audit/report.ts')).reportCommand,
  },
  'The ledger': {
    init: async () => (await import('./commands/ledger/init.ts')).initCommand,
    status: async () => (await import('./commands/ledger/status.ts')).statusCommand,
    index: async () => (await import('./commands/ledger/status.ts')).indexCommand,
    sync: async () => (await import('./commands/ledger/sync.ts')).syncCommand,
    rejected: async () => (await import('./commands/ledger/rejected.ts')).rejectedCommand,
    'rejected apply': async () => (await import('./commands/ledger/rejected.ts')).rejectedApplyCommand,
    'rejected drop': async () => (await import('./commands/ledger/rejected.ts')).rejectedDropCommand,
    config: async () => (await import('./commands/ledger/config.ts')).configCommand,
    'config get': async () => (await import('./commands/ledger/config.ts')).configGetCommand,
    'config set': async () => (await import('./commands/ledger/config.ts')).configSetCommand,
    import: async () => (await import('./commands/ledger/transfer.ts')).importCommand,
    export: async () => (await import('./commands/ledger/transfer.ts')).exportCommand,
    verify: async () => (await import('./commands/audit/verify.ts')).verifyCommand,
    version: async () => (await import('./commands/ledger/status.ts')).versionCommand,
    'config apply': async () => (await import('./commands/ledger/config.ts')).configApplyCommand,
    'config explain': async () => (await import('./commands/ledger/config-explain.ts')).configExplainCommand,
    templates: async () => (await import('./commands/ledger/files.ts')).templatesCommand,
    'files set': async () => (await import('./commands/ledger/files.ts')).filesSetCommand,
    'files rm': async () => (await import('./commands/ledger/files.ts')).filesRmCommand,
    hook: async () => (await import('./commands/ledger/hook.ts')).hookCommand,
    'hooks install': async () => (await import('./commands/ledger/hooks-install.ts')).hooksInstallCommand,
    'merge-driver': async () => (await import('./commands/ledger/merge.ts')).mergeDriverCommand,
    resolve: async () => (await import('./commands/ledger/merge.ts')).resolveCommand,
    doctor: async () => (await import('./commands/ledger/doctor.ts')).doctorCommand,
    'recover-history': async () => (await import('./commands/ledger/doctor.ts')).recoverHistoryCommand,
  },
} as const satisfies Record<string, Record<string, () => Promise<Command>>>;

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
