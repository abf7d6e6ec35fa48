import type { BenchOptions } from './options.ts';
import { backlog } from './peers/backlog.ts';
import { measureBeside } from './peers/beside.ts';
import type { Peer } from './peers/peer.ts';
import { install } from './peers/place.ts';
import { tbd } from './peers/tbd.ts';
import { count, type Row, type Suite } from './row.ts';
import { tell, withFolder } from './workspace.ts';

const PEERS: readonly Peer[] = [backlog, tbd];
/** The most items that are tried, and what is tried where those take too long to put in place. */
const [MOST, FEWER] = [10_000, 1_000];

/** Other trackers, on the same items and by the same measure, beside `wl`. One that does not run says why. */
export const peersSuite: Suite<BenchOptions> = {
  name: 'peers',
  run: async (options) => {
    const rows: Row[] = [];
    for (const name of options.peers) {
      const failed = (error: unknown): Row[] => [
        { table: `Beside ${name}`, what: name, figures: {}, note: `not measured: ${reasonOf(error)}` },
      ];
      rows.push(...(await withFolder((folder) => runPeer(name, folder, options).catch(failed))));
    }
    return rows;
  },
};

async function runPeer(name: string, folder: string, options: BenchOptions): Promise<Row[]> {
  const peer = PEERS.find((one) => one.package === name);
  if (peer === undefined)
    throw new Error(`only ${PEERS.map((one) => one.package).join(' and ')} are known here`);
  tell(`installing ${name} ...`);
  const installed = await install(name, folder);
  const { oneDay, runs } = options;
  const items = Math.min(MOST, ...options.sizes);
  try {
    return await measureBeside(peer, installed, folder, { items, oneDay }, runs);
  } catch (error) {
    if (!isOverdue(error) || items <= FEWER) throw error;
    const rows = await measureBeside(peer, installed, folder, { items: FEWER, oneDay }, runs);
    const note = `${count(items)} items took it more than a minute to put in place`;
    return rows.map((row, index) => (index === 0 ? { ...row, note } : row));
  }
}

/** Killed since it took too long. */
const isOverdue = (error: unknown): boolean =>
  error instanceof Error && 'killed' in error && error.killed === true;

/** What a program said of its failure, in one line. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  const lines = (said.trim() || error.message).split('\n').filter((line) => !line.startsWith('npm warn'));
  return lines[0] ?? error.message;
}
