import { type Command, command, count, flag, list, type OptionTable, text } from '../command.ts';
import { NEXT } from './next.ts';
import { FENCE, ID, IDS, LEASE, READ, REASON } from './options.ts';

const group = 'Doing work';

export const takeOptions = LEASE;
export const releaseOptions = { ...REASON, ...FENCE } as const satisfies OptionTable;
export const checkpointOptions = {
  step: text('--step <text>', 'where the work stands'),
  summary: text('--summary <text>', 'what is done: text, @FILE, or - for standard input'),
  next: text('--next <text>', 'what to do next'),
  work_ref: text('--work-ref <ref>', 'the branch or commit that holds the work'),
  artifacts: list('--artifact <path>', 'something it made (repeatable)'),
  effects: list('--effect <text>', 'something it did outside, not to be done twice (repeatable)'),
  data: text('--data <json>', 'anything else: JSON, or @FILE with JSON'),
  ...FENCE,
} as const satisfies OptionTable;
export const blockOptions = {
  on: text('--on <id>', 'unblock by itself when this item completes'),
  force: flag('--force', 'also where someone else holds it'),
  ...FENCE,
} as const satisfies OptionTable;
export const reasonOptions = REASON;
export const cancelOptions = { ...REASON, ...FENCE } as const satisfies OptionTable;
export const completeOptions = {
  result: list('--result <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
  yes: flag('--yes', 'where the ledger deletes what is completed: confirm it'),
  ...FENCE,
} as const satisfies OptionTable;
export const failOptions = {
  retry: flag('--retry', 'put it back to pending where attempts are left, after a while'),
  error: text('--error <text>', 'what went wrong: text, @FILE, or - for standard input'),
  ...FENCE,
} as const satisfies OptionTable;
export const retryOptions = {
  now: flag('--now', 'ready at once'),
  after: count('--after <seconds>', 'not ready before that many seconds have passed'),
  not_before: text('--not-before <time>', 'not ready before this ISO time'),
  reset: flag('--reset', 'count its attempts anew'),
  ...REASON,
} as const satisfies OptionTable;
export const recoverOptions = {
  dry_run: flag('--dry-run', 'only show what would be given back'),
} as const satisfies OptionTable;

export const DOING: readonly Command[] = [
  NEXT,
  command({
    name: 'claim',
    group,
    summary: 'claim ready items; whoever the remote takes first holds them',
    args: [IDS],
    options: takeOptions,
    examples: ['wl claim 0001', 'wl claim 0001 0002 --actor ada --ttl 7200'],
    load: () => import('../commands/claim.ts'),
  }),
  command({
    name: 'start',
    group,
    summary: 'claim items, or take up blocked ones again',
    args: [IDS],
    options: takeOptions,
    examples: ['wl start 0001', 'WL_EXECUTION_ID=exec-7 wl start 0001'],
    load: () => import('../commands/start.ts'),
  }),
  command({
    name: 'resume',
    group,
    summary: 'tell where to go on with an item, or list what this clone holds',
    details:
      'For an agent to read: the work, its last checkpoint, who had it before and why that ended, and what to type next. Without an id it lists what the actor claimed in this clone and still holds; with WL_EXECUTION_ID, what that execution does.',
    args: [{ name: '[id]', help: ID.help }],
    options: READ,
    examples: ['wl resume 0001', 'wl resume --json'],
    load: () => import('../commands/resume.ts'),
  }),
  command({
    name: 'checkpoint',
    group,
    summary: 'record where work stands, and renew the claim',
    details: 'Whoever takes the item over gets the last checkpoint.',
    args: [ID],
    options: checkpointOptions,
    examples: [
      'wl checkpoint 0001 --step "schema done" --next "migrate the rows" --work-ref feature/keys',
      'wl checkpoint 0001 --artifact out.csv --effect "mailed the customer" --data @state.json',
    ],
    load: () => import('../commands/checkpoint.ts'),
  }),
  command({
    name: 'complete',
    alias: 'done',
    group,
    summary: 'complete items; a ready one that nobody holds is claimed first',
    args: [IDS],
    options: completeOptions,
    examples: ['wl complete 0001 --result commit=4f2c1d9 --result tests=12', 'wl done 0001 0002'],
    load: () => import('../commands/complete.ts'),
  }),
  command({
    name: 'fail',
    group,
    summary: 'fail items with what went wrong',
    details: 'With --error every argument is an id; without it, what follows the first is the error.',
    args: [
      { name: '<id>', help: ID.help },
      { name: '[ids-or-error...]', help: 'more ids, or what went wrong' },
    ],
    options: failOptions,
    examples: ['wl fail 0001 "the vendor API returns 500"', 'wl fail 0001 0002 --retry --error @stderr.log'],
    load: () => import('../commands/fail.ts'),
  }),
  command({
    name: 'release',
    group,
    summary: 'give items back; their checkpoints stay',
    args: [IDS],
    options: releaseOptions,
    examples: ['wl release 0001', 'wl release 0001 --reason "out of time"'],
    load: () => import('../commands/release.ts'),
  }),
  command({
    name: 'block',
    group,
    summary: 'block an item, for a reason or on another item',
    args: [ID, { name: '[reason...]', help: 'what it waits for' }],
    options: blockOptions,
    examples: ['wl block 0001 "waiting for the vendor"', 'wl block 0001 "needs the schema" --on 0002'],
    load: () => import('../commands/block.ts'),
  }),
  command({
    name: 'unblock',
    group,
    summary: 'unblock items',
    args: [IDS],
    options: reasonOptions,
    examples: ['wl unblock 0001', 'wl unblock 0001 --reason "the vendor answered"'],
    load: () => import('../commands/unblock.ts'),
  }),
  command({
    name: 'retry',
    group,
    summary: 'put failed items back to pending',
    details:
      'Without --now, --after or --not-before the wait grows with the attempts: between half and all of attempts⁴ seconds, an hour at most. With --reset there is none.',
    args: [IDS],
    options: retryOptions,
    examples: ['wl retry 0001 --after 600', 'wl retry 0001 --reset --now'],
    load: () => import('../commands/retry.ts'),
  }),
  command({
    name: 'cancel',
    group,
    summary: 'cancel open items',
    args: [IDS],
    options: cancelOptions,
    examples: ['wl cancel 0001', 'wl cancel 0001 0002 --reason "no longer needed"'],
    load: () => import('../commands/cancel.ts'),
  }),
  command({
    name: 'adopt',
    group,
    summary: 'take back claims that this clone made under an earlier name',
    details:
      'A copy of a clone takes a new name, and so does a clone that finds another one under its own. Its earlier claims are then set aside. This makes them its own again: those of the ids, or all that still hold. Call it only where that work goes on here and nowhere else. Nothing is written to the ledger.',
    args: [{ name: '[ids...]', help: IDS.help }],
    examples: ['wl adopt', 'wl adopt 0001'],
    load: () => import('../commands/adopt.ts'),
  }),
  command({
    name: 'reopen',
    group,
    summary: 'put finished items back to pending; needs a reason',
    args: [IDS],
    options: reasonOptions,
    examples: [
      'wl reopen 0001 --reason "the fix was reverted"',
      'wl reopen 0001 0002 --reason "not done after all"',
    ],
    load: () => import('../commands/reopen.ts'),
  }),
  command({
    name: 'recover',
    group,
    summary: 'give back work whose claim ran out',
    details:
      'A claim has run out where this clone has seen no sign of its holder for a whole lease, or where the last sign is older than lease and allowance. What has no attempt left fails as exhausted, and an escalation is opened. Whose holder gave a sign in the meantime is left alone.',
    options: recoverOptions,
    examples: ['wl recover --dry-run', 'wl recover --json'],
    load: () => import('../commands/recover.ts'),
  }),
];
