import { type Command, command, flag, type OptionTable, text } from '../command.ts';

const group = 'The ledger';

export const initOptions = {
  prefix: text('--prefix <letters>', 'what ids begin with (default: WRK)'),
  host: text(
    '--host <host>',
    'also lay the files that github, gitlab or gitea looks for, and templates of items',
  ),
  update: flag('--update', 'with --host: put what this version lays in place of files that differ'),
} as const satisfies OptionTable;
export const statusOptions = {
  fetch: flag('--fetch', 'ask the remote first'),
} as const satisfies OptionTable;
export const importOptions = {
  from: text('--from <format>', 'beads (a JSON Lines file) or json (a folder that `wl export` wrote)'),
  dry_run: flag('--dry-run', 'only show what it would do'),
} as const satisfies OptionTable;
export const exportOptions = {
  to: text('--to <dir>', 'where the files go'),
  format: text('--format <format>', 'json (the default)'),
} as const satisfies OptionTable;
export const indexOptions = {
  rebuild: flag('--rebuild', 'make it anew from git, with every item, its words and all history'),
  status: flag('--status', 'tell where it is and how far it has come (the default)'),
} as const satisfies OptionTable;
const OP = {
  name: '<op>',
  help: 'the name of a rejected transition, the end of it from eight characters on, or its item',
} as const;

export const verifyOptions = {
  full: flag('--full', 'replay everything, whatever this clone checked before'),
  signatures: flag('--signatures', 'check signatures: of the range, and without one of every commit'),
  require_signatures: flag('--require-signatures', 'also find what is not signed with a known key'),
  allowed_signers: text(
    '--allowed-signers <file>',
    'whose SSH keys are whose (default: policy/allowed_signers of the ledger, else git config gpg.ssh.allowedSignersFile)',
  ),
  format: text('--format <format>', 'text, or github: one annotation for each finding (default: text)'),
} as const satisfies OptionTable;

export const LEDGER: readonly Command[] = [
  command({
    name: 'init',
    group,
    summary: 'make a ledger in this repository, or join the one of its remote',
    details:
      'The files of a host are laid on the ledger branch by one commit: jobs that check proposals and pushes, the text of a pull request, CODEOWNERS to be filled in. What is there already stays as it is, and is named where it differs; with --update it is replaced, but for CODEOWNERS and the templates of items. docs/review-hosts.md tells what to set on the host itself.',
    options: initOptions,
    examples: ['wl init --prefix OPS', 'wl init --host github'],
    load: () => import('../commands/init.ts'),
  }),
  command({
    name: 'status',
    group,
    summary: 'tell where this clone stands; asks no one',
    options: statusOptions,
    examples: ['wl status', 'wl status --fetch --json'],
    load: () => import('../commands/status.ts'),
  }),
  command({
    name: 'index',
    group,
    summary: 'tell about the index that answers questions, or make it anew',
    details:
      'The index stands in the clone, outside git, and is kept by itself: made when it is missing or damaged, and caught up with each read. Nothing is lost with it.',
    options: indexOptions,
    examples: ['wl index', 'wl index --rebuild'],
    load: () => import('../commands/index.ts'),
  }),
  command({
    name: 'sync',
    group,
    summary: 'take over what others did, and share what waits here',
    examples: ['wl sync', 'wl sync --json'],
    load: () => import('../commands/sync.ts'),
  }),
  command({
    name: 'rejected',
    group,
    summary: 'list transitions of this clone that lost their race',
    examples: ['wl rejected', 'wl rejected --json'],
    load: () => import('../commands/rejected.ts'),
  }),
  command({
    name: 'rejected apply',
    group,
    summary: 'try a rejected transition again',
    args: [OP],
    examples: ['wl rejected apply 0f7e4f8e2b11', 'wl rejected apply WRK-20260103-0001'],
    load: () => import('../commands/rejected-apply.ts'),
  }),
  command({
    name: 'rejected drop',
    group,
    summary: 'discard a rejected transition',
    args: [OP],
    examples: ['wl rejected drop 0f7e4f8e2b11', 'wl rejected drop WRK-20260103-0001'],
    load: () => import('../commands/rejected-drop.ts'),
  }),
  command({
    name: 'config',
    group,
    summary: 'show the settings that all clones share, and those of this clone',
    examples: ['wl config', 'wl config --json'],
    load: () => import('../commands/config.ts'),
  }),
  command({
    name: 'config get',
    group,
    summary: 'show one setting',
    args: [{ name: '<key>', help: 'as `wl config` names it' }],
    examples: ['wl config get lease_ttl_s', 'wl config get actor'],
    load: () => import('../commands/config-get.ts'),
  }),
  command({
    name: 'config set',
    group,
    summary: 'change a setting that all clones share',
    details:
      'A limit of work in progress is `limits.owner.NAME`, `limits.swarm.NAME` or `limits.label.NAME`, with a number, or `none` to take it away; `*` is everyone who is not named. `roles.NAME` takes names and patterns with commas. `limits`, `roles`, `allow` and `review` take JSON; `wl config apply` takes them from a file.',
    args: [
      { name: '<key>', help: 'as `wl config` names it' },
      { name: '<value>', help: 'its new value' },
    ],
    examples: ['wl config set limits.owner.ada 2', "wl config set roles.leads 'ada,humans/*'"],
    load: () => import('../commands/config-set.ts'),
  }),
  command({
    name: 'import',
    group,
    summary: 'take over items of another tracker, or of an export',
    details:
      'A commit an item, and one push. What was imported before, here or in another clone, is left as it stands and told with its id, so doing it twice, or in two clones at once, is harmless. Where something was refused, the rest is imported, and the exit status is that of the refusal. What could not be shared waits in this clone: wl sync.',
    args: [{ name: '<path>', help: 'a file of Beads issues, or a folder of JSON' }],
    options: importOptions,
    examples: ['wl import .beads/issues.jsonl --from beads --dry-run', 'wl import backup/ --from json'],
    load: () => import('../commands/import.ts'),
  }),
  command({
    name: 'export',
    group,
    summary: 'write every item with its history as files',
    options: exportOptions,
    examples: ['wl export --to backup/', 'wl export --to backup/ --format json'],
    load: () => import('../commands/export.ts'),
  }),
  command({
    name: 'verify',
    group,
    summary: 'check every commit of the ledger against its rules',
    details:
      'Replays what came since this clone last found nothing wrong; all of it the first time, with --full, and where history was rewritten. With a range, A..B or A.., it begins with the ledger as A left it, which is trusted; A and B are commits, branches or refs. Exits with 9 where something is found.',
    args: [{ name: '[range]', help: 'A..B, A.. or ..B' }],
    options: verifyOptions,
    examples: ['wl verify --full', 'wl verify origin/work-ledger..review/0001 --format github'],
    load: () => import('../commands/verify.ts'),
  }),
  command({
    name: 'version',
    group,
    summary: 'print the version',
    examples: ['wl version', 'wl version --json'],
    load: () => import('../commands/version.ts'),
  }),
];
