import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneAlone } from '../clone.ts';
import { measure, measureInterleaved, type Subject } from '../measure.ts';
import { figuresOf } from '../process/line.ts';
import { loadLibrary, NODE, wl } from '../program.ts';
import { count, type Row } from '../row.ts';
import type { SeedPlan } from '../seed/plan.ts';
import { tell } from '../workspace.ts';
import { isReady, type Peer, QUESTIONS, type QuestionName } from './peer.ts';
import { type Installed, seedPeer } from './place.ts';

const NAMES = Object.keys(QUESTIONS) as QuestionName[];

/** A tracker in a clone of its own, with ready items to ask about: the first is shown, each run claims another. */
interface Contestant {
  name: string;
  dir: string;
  ids: readonly string[];
  command(question: QuestionName, id: string): readonly string[];
}

/** Asks `wl` and the peer the same, in turns. @throws Error that says what the peer could not do */
export async function measureBeside(
  peer: Peer,
  installed: Installed,
  folder: string,
  plan: SeedPlan,
  runs: number,
): Promise<Row[]> {
  const contestants = await makeContestants(peer, installed, folder, plan);
  for (const { dir, ids, command } of contestants) {
    for (const name of NAMES) await measure(command(name, ids[0] ?? ''), dir);
  }
  tell(`measuring ${peer.package} at ${plan.items} items, ${runs} runs ...`);
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const subjects = NAMES.flatMap((name) => contestants.map((one) => subjectOf(one, name)));
  const of = await measureInterleaved([node, ...subjects], runs);
  const table = `Beside ${peer.package} ${installed.version} at ${count(plan.items)} items (medians of ${runs} runs)`;
  return [node, ...subjects].map((subject) => ({
    table,
    what: subject.what,
    figures: figuresOf(of(subject), of(node)),
  }));
}

async function makeContestants(
  peer: Peer,
  installed: Installed,
  folder: string,
  plan: SeedPlan,
): Promise<Contestant[]> {
  const own = await cloneAlone(folder, `wl-${plan.items}`, plan);
  const { openLedger } = await loadLibrary();
  const ledger = await openLedger({ dir: own });
  const items = await ledger.query.list({ all: true });
  await ledger.close();
  const dir = join(folder, `peer-${plan.items}`);
  await mkdir(dir);
  tell(`seeding ${peer.package} with ${plan.items} items ...`);
  const ids = await seedPeer(peer, installed, dir, items);
  const byId = new Map(items.map((item) => [item.id, item]));
  return [
    {
      name: 'wl',
      dir: own,
      ids: items.filter((item) => isReady(item, byId)).map(({ id }) => id),
      command: (question, id) => wl(...QUESTIONS[question](id)),
    },
    {
      name: peer.package,
      dir,
      ids,
      command: (question, id) => [...installed.command, ...peer.args[question](id)],
    },
  ];
}

function subjectOf({ name, dir, ids, command }: Contestant, question: QuestionName): Subject {
  const what = `${question}: ${name}`;
  return {
    what,
    cwd: dir,
    command: (run) => command(question, ids[question === 'claim' ? run + 1 : 0] ?? ''),
  };
}
