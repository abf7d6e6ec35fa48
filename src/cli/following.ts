import type { FollowOptions } from '../agents.ts';
import type { LedgerError } from '../index.ts';
import type { Cli } from './cli.ts';
import { writeNotice } from './notice.ts';

/** How a command that goes on for long follows the ledger: what it says of the remote is said at once. */
export function followOptions(cli: Cli, interval_s: number | undefined): FollowOptions {
  const { json, quiet } = cli.globals;
  return {
    interval_s,
    onRemote(failure) {
      if (!quiet) writeNotice(describe(failure), json, cli.world.stderr);
    },
  };
}

const describe = (failure: LedgerError | undefined): string =>
  failure === undefined ? 'the remote answers again' : `${failure.message} It is asked again.`;
