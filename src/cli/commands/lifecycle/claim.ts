import { command } from '../../command.ts';
import { IDS, LEASE } from '../../options.ts';
import { take } from '../../take.ts';

export const claimCommand = command({
  summary: 'claim ready items; whoever the remote takes first holds them',
  args: [IDS],
  options: LEASE,
  examples: ['wl claim 0001', 'wl claim 0001 0002 --actor ada --ttl 7200'],
  run: (call) => take('claim', call),
});

export const startCommand = command({
  summary: 'claim items, or take up blocked ones again',
  args: [IDS],
  options: LEASE,
  examples: ['wl start 0001', 'WL_EXECUTION_ID=exec-7 wl start 0001'],
  run: (call) => take('start', call),
});
