import { readTrailers } from '../codec/message.ts';
import { isHeld } from '../domain/holding.ts';
import type { WorkId } from '../domain/ids.ts';
import { listItems } from '../query/filter.ts';
import { type Connection, readNow } from './connection.ts';
import type { LedgerNotice } from './options.ts';

/** What another clone did last under a name. */
interface Namesake {
  actor: string;
  at: string;
  verb: string;
  id: WorkId | null;
  /** The clone's name, where a claim tells it. */
  clone: string | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A longer day is not read to its beginning. */
const COMMITS = 5000;

/**
 * Who acts here, for a clone that takes over the ledger of its remote for the first time, and whether another clone acted under
 * that name in the last day. Of a new clone, all that history tells is another's doing; in any other, claims that are held tell.
 */
export async function noticeOfActor(
  connection: Connection,
  isNew: boolean,
): Promise<LedgerNotice | undefined> {
  const { actor, remote } = connection;
  const namesake = await (isNew ? inHistory(connection) : amongClaims(connection));
  const hint = namesake && HINT;
  const also = namesake === undefined ? [] : [describe(namesake)];
  if (!isNew) return namesake && { code: 'NAMESAKE', message: also.join(' '), hint };
  const joined = `This clone joined the ledger on ${remote?.name ?? 'its remote'}; who works here acts as ${actor}.`;
  return { code: 'CLONE_JOINED', message: [joined, ...also].join(' '), hint };
}

async function inHistory(connection: Connection): Promise<Namesake | undefined> {
  const { actor } = connection;
  const since = Math.floor((connection.clock.now().getTime() - DAY_MS) / 1000);
  const to = await connection.refs.readRef(connection.localRef);
  if (to === undefined) return undefined;
  const store = await connection.store();
  for await (const commit of store.commits({ to, since, newest: COMMITS, changes: false })) {
    if (commit.author.name !== actor) continue;
    const { values } = readTrailers(commit.message);
    const id = values.get('Work-Item');
    const at = new Date(commit.author.at * 1000).toISOString();
    const item =
      id === undefined
        ? undefined
        : await readNow(connection, (view) => view.find(id)).catch(() => undefined);
    const clone = (item?.owner === actor && item.claim?.clone) || null;
    return { actor, at, verb: values.get('Work-Verb') ?? 'commit', id: item?.id ?? null, clone };
  }
  return undefined;
}

async function amongClaims(connection: Connection): Promise<Namesake | undefined> {
  const { actor } = connection;
  const { name } = connection.clone;
  const since = new Date(connection.clock.now().getTime() - DAY_MS).toISOString();
  const claims = (await readNow(connection, (view) => listItems(view, { owner: actor }))).flatMap(
    ({ claim, ...item }) =>
      claim?.clone !== undefined && claim.clone !== name && isHeld(item) ? [{ id: item.id, ...claim }] : [],
  );
  const [last] = claims
    .filter(({ claimed_at }) => claimed_at >= since)
    .sort((one, other) => (one.claimed_at < other.claimed_at ? 1 : -1));
  return last && { actor, at: last.claimed_at, verb: 'claim', id: last.id, clone: last.clone ?? null };
}

/** What is told where another clone acted under this one's name. */
function describe({ actor, at, verb, id, clone }: Namesake): string {
  const where = clone === null ? 'Another clone' : `Another clone, ${clone},`;
  const what = id === null ? verb : `${verb} ${id}`;
  return `${where} acted as ${actor} at ${at}: ${what}.`;
}

const HINT = 'Give each agent a name of its own: WL_ACTOR, or git config ledger.actor.';
