import { initLedger } from '../../index.ts';
import type { Run } from '../command.ts';
import { launcher } from '../launcher.ts';
import type { initOptions } from '../table/ledger.ts';

export const run: Run<typeof initOptions> = async ({ options: { prefix }, cli }) => {
  let created = false;
  const ledger = await cli.open(async () => {
    const made = await initLedger({ ...cli.openOptions, prefix });
    created = made.created;
    return made.ledger;
  });
  const { setUpMerging } = await import('../../repair.ts');
  await setUpMerging(ledger, launcher());
  const { place, branch, mode, remote, tip } = await ledger.status();
  const shared =
    remote === null
      ? ''
      : mode === 'push'
        ? `, shared on ${remote.name}`
        : ', in this clone only; share it with: wl sync';
  const said = created ? 'made a ledger' : 'there is a ledger already';
  return {
    kind: 'ledger',
    data: { created, place, branch, mode, remote, tip, settings: await ledger.settings() },
    lines: [`${said} on the branch ${branch} of ${place}${shared}`],
    ids: [],
    where: remote === null ? undefined : mode === 'push' ? 'remote' : 'local',
  };
};
