import { RaceLost } from '../../../operations/refusal.ts';
import { refuse } from '../../../operations/typed.ts';
import { command } from '../../command.ts';

export const syncCommand = command({
  summary: 'take over what others did, and share what waits here',
  examples: ['wl sync', 'wl sync --json'],
  run: async ({ cli }) => {
    const ledger = await cli.open();
    if (cli.globals.offline) throw refuse('sync asks the remote and --offline forbids it.');
    const report = await cli.busy('syncing', () => ledger.clone.sync());
    const { accepted, lost } = report;
    const races = new Map((await ledger.clone.rejected()).map(({ op, ref, error }) => [op, { ref, error }]));
    const shared =
      accepted === 0 ? '' : `, shared ${accepted} ${accepted === 1 ? 'transition' : 'transitions'}`;
    return {
      kind: 'sync',
      data: report,
      lines: [`in step with ${ledger.clone.remote?.name}${shared}`],
      ids: [],
      failures: lost.map(({ op, message }) => {
        const race = races.get(op);
        const { code = 'INTERNAL', hint, details = {} } = race?.error ?? {};
        const kept = race === undefined ? undefined : { op, ref: race.ref };
        return new RaceLost({ ok: false, code, message, hint, details, kept });
      }),
    };
  },
});
