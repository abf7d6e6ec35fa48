import { type Command, command, count, flag, type OptionTable } from '../command.ts';
import { LEASE, NARROW } from './options.ts';

export const nextOptions = {
  claim: flag('--claim', 'claim it, and try the next one where someone else is first'),
  wait: flag('--wait', 'with --claim: wait until something is ready'),
  timeout: count('--timeout <seconds>', 'with --wait: no longer than this'),
  ...NARROW,
  ...LEASE,
  fetch: flag('--fetch', 'ask the remote first; --claim always does'),
} as const satisfies OptionTable;

export const NEXT: Command = command({
  name: 'next',
  group: 'Doing work',
  summary: 'show the most urgent item that can be claimed',
  details: 'Where nothing is ready it says so on standard error and exits with 0; with --json, data is null.',
  options: nextOptions,
  examples: ['wl next', 'wl next --claim --type bug --json'],
  load: () => import('../commands/next.ts'),
});
