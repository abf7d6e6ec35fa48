import { runGit } from './temp-repo.ts';

/** A commit of the ledger as plain git shows it, without any code of this project. */
export interface PlainCommit {
  commit: string;
  parents: string[];
  author: string;
  subject: string;
  op: string;
  verb: string;
  item: string;
  status: string;
  epoch: string;
  execution: string;
}

const TRAILERS = ['Op', 'Verb', 'Item', 'Status', 'Epoch', 'Execution'];
const FORMAT = [
  '%H',
  '%P',
  '%an',
  '%s',
  ...TRAILERS.map((key) => `%(trailers:key=Work-${key},valueonly,separator=)`),
].join('%x00');

/** Commits that `tip` can reach, oldest first. */
export async function plainHistory(gitDir: string, tip = 'refs/heads/work-ledger'): Promise<PlainCommit[]> {
  const lines = await runGit(gitDir, ['log', '--topo-order', '--reverse', `--format=${FORMAT}`, tip]);
  return lines.split('\n').map((line) => {
    const [commit = '', parents = '', author = '', subject = '', ...values] = line.split('\0');
    const [op = '', verb = '', item = '', status = '', epoch = '', execution = ''] = values;
    return {
      commit,
      parents: parents === '' ? [] : parents.split(' '),
      author,
      subject,
      op,
      verb,
      item,
      status,
      epoch,
      execution,
    };
  });
}

/** What a sound ledger's history never has, in words; empty where it has none of it. */
export function unsound(history: readonly PlainCommit[]): string[] {
  const found: string[] = [];
  const once = new Set<string>();
  const notTwice = (what: string): void => {
    if (once.has(what)) found.push(`twice: ${what}`);
    once.add(what);
  };
  for (const [at, { commit, parents, op, verb, item, status, epoch }] of history.entries()) {
    const before = history[at - 1]?.commit;
    if (parents.join() !== (before ?? '')) found.push(`not on one line: ${commit}`);
    notTwice(`transition ${op}`);
    if (verb === 'create') notTwice(`creation of ${item}`);
    if (status === 'pending -> in_progress') notTwice(`epoch ${epoch} of ${item}`);
    if (verb === 'complete') notTwice(`completion of ${item}`);
  }
  return [...found, ...strangers(history)];
}

/** Of whom a claim is; `actor` is not known where it was handed on. */
interface Holder {
  epoch: string;
  execution: string;
  actor: string | undefined;
}

const BY_HOLDER: ReadonlySet<string> = new Set(['checkpoint', 'release', 'submit', 'complete', 'fail']);

/** Writes of a holder that was none any more, or not yet, and claims that do not raise the item's epoch by one. */
function strangers(history: readonly PlainCommit[]): string[] {
  const holders = new Map<string, Holder>();
  const found: string[] = [];
  for (const { commit, author, verb, item, status, epoch, execution } of history) {
    const holder = holders.get(item);
    if (status === 'pending -> in_progress') {
      if (Number(epoch) !== Number(holder?.epoch ?? 0) + 1)
        found.push(`epoch ${epoch} after ${holder?.epoch ?? 0}: ${commit}`);
      holders.set(item, { epoch, execution, actor: author });
    } else if (verb === 'link_execution' || verb === 'assign') {
      holders.set(item, {
        epoch: epoch || (holder?.epoch ?? ''),
        execution: execution || (holder?.execution ?? ''),
        actor: undefined,
      });
    } else if (epoch !== '' && (epoch !== holder?.epoch || execution !== holder.execution)) {
      found.push(
        `${verb} of epoch ${epoch}, ${execution}, while ${holder?.execution ?? 'nobody'} had it: ${commit}`,
      );
    } else if (BY_HOLDER.has(verb) && holder?.actor !== undefined && author !== holder.actor) {
      found.push(`${verb} by ${author}, while ${holder.actor} had it: ${commit}`);
    }
  }
  return found;
}

/** Checks every object of a repository. @throws with git's words where one is broken */
export async function fsck(gitDir: string): Promise<void> {
  await runGit(gitDir, ['fsck', '--strict', '--no-dangling', '--no-progress']);
}
