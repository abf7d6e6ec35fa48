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
}

const TRAILERS = ['Op', 'Verb', 'Item', 'Status', 'Epoch'];
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
    const [op = '', verb = '', item = '', status = '', epoch = ''] = values;
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
  return found;
}

/** Checks every object of a repository. @throws with git's words where one is broken */
export async function fsck(gitDir: string): Promise<void> {
  await runGit(gitDir, ['fsck', '--strict', '--no-dangling', '--no-progress']);
}
