// How git is asked to fetch and to push, how its answers are read, and the side refs that need nothing else.
import { diskFault, type GitAnswer, lastWords } from '../git/transport.ts';
import { nodeCrypto } from '../node.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { sideRefsIn } from './clone-refs.ts';
import type { Patience, PushResult, SideRefList, SideRefs, Written } from './port.ts';

/** Runs git on a clone's repository. */
export type Git = (args: readonly string[], patience: Patience | undefined) => Promise<GitAnswer>;

/** To the refs that are named and no others: what the repository itself is set up to fetch may be the local branch, as in a mirror. */
export const FETCH = [
  'fetch',
  // How far it is tells that it is not silent.
  '--progress',
  '--refmap=',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
];

export const PUSH = [
  'push',
  '--progress',
  '--porcelain',
  '--no-verify',
  '--no-follow-tags',
  '--no-recurse-submodules',
];

/** The branch was not where it was seen, or its lock was held: whether someone was first, a look tells. */
const AGAIN =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value|remote ref updated since checkout/;

/** Of a ref that is not moved since another one of the same push is not. */
const WITH_ANOTHER = /atomic push failed|atomic push failure|atomic transaction failed/;
/** What git says of a remote that moves each ref by itself. */
const NOT_TOGETHER = /does not support --atomic/;

const DENIED =
  /Permission (?:to \S+ )?denied|Authentication failed|could not read Username|returned error: 40[13]\b|the receiving end does not support/;

/** What git says where it was not even told what the remote has, so that nothing can have been sent. */
const NEVER_ARRIVED =
  /does not appear to be a git repository|Could not read from remote repository|unable to access|Could not resolve|repository '[^'\n]*' not found/i;

/** Git takes the whole name of a ref for a short one as well, where there is a tag or a branch of that name: `refs/tags/refs/heads/x`. */
export const AMBIGUOUS = /dst refspec \S+ matches more than one/;

/**
 * Pushes as if the refs were all that there is in folders of their own, of which git asks for no short names: whoever may push a tag would
 * stop every push to the branch else.
 */
export async function withFolders(
  store: Pick<LedgerStore, 'moveRef'>,
  moves: readonly { from: Oid; to: string }[],
  push: (refspecs: readonly string[]) => Promise<GitAnswer>,
): Promise<GitAnswer> {
  const folder = `refs/work-ledger/tmp/${nodeCrypto().randomUUID()}`;
  const placed = moves.map(({ from, to }, n) => {
    const [above, name] = [to.slice(0, to.lastIndexOf('/')), to.slice(to.lastIndexOf('/') + 1)];
    return { from, ref: `${folder}/${n}/${name}`, refspec: `${folder}/${n}/*:${above}/*` };
  });
  for (const { ref, from } of placed) await store.moveRef(ref, undefined, from);
  try {
    return await push(placed.map(({ refspec }) => refspec));
  } finally {
    for (const { ref, from } of placed) await store.moveRef(ref, from, undefined);
  }
}

/** What became of one ref, by what `git push --porcelain` printed. */
export function readGitPush({ said, begun }: GitAnswer, target: string): PushResult {
  const [own] = linesOf(said, target);
  const line = own === undefined ? undefined : causeIn(said, own);
  // Git that was killed ends without a word: only git's own line counts.
  if (line !== undefined && !line.startsWith('!')) return { kind: 'accepted' };
  if (line?.startsWith('!')) {
    const reason = line.slice(line.lastIndexOf('\t') + 1);
    const words = [reason, ...remoteWords(said)].join(': ');
    if (AGAIN.test(line)) return { kind: 'behind', reason: words };
    // Its disk is full, or the like: nothing was taken, and nobody said no.
    if (/unpacker error|unpack failed/.test(line)) return { kind: 'unreachable', cause: new Error(words) };
    return { kind: 'refused', reason: words };
  }
  if (NOT_TOGETHER.test(said)) return { kind: 'refused', reason: lastWords(said), together: false };
  if (DENIED.test(said)) return { kind: 'denied', reason: lastWords(said) };
  const cause = new Error(lastWords(said));
  return { kind: !begun || NEVER_ARRIVED.test(said) ? 'unreachable' : 'unknown', cause };
}

/** Of a push that is taken as a whole or not at all: what is said of the ref that stopped it, or of the push where nothing is. */
function causeIn(said: string, own: string): string {
  if (!WITH_ANOTHER.test(own)) return own;
  const lines = said.split('\n');
  const cause = lines.find((text) => text.startsWith('!\t') && !WITH_ANOTHER.test(text));
  return cause ?? [own, ...lines.filter((text) => AGAIN.test(text))].join(' ');
}

/** Lines on one ref: one for each address that is pushed to, those that say no first. */
function linesOf(said: string, target: string): string[] {
  const lines = said.split('\n').filter((text) => text.includes(`:${target}\t`));
  return lines.sort((a, b) => Number(b.startsWith('!')) - Number(a.startsWith('!')));
}

/**
 * What `git push --dry-run` of what was seen tells of the branch that it would go to.
 *
 * @returns `parted` where that has what was not seen: whether it builds on it is not told
 */
export function readDryRun(said: string, target: string): Written {
  const flags = linesOf(said, target).map((line) => line[0]);
  if (flags.length === 0) return DENIED.test(said) ? 'unknown' : 'unreachable';
  if (flags.some((flag) => flag === ' ' || flag === '*')) return 'lacks';
  return flags.every((flag) => flag === '=') ? 'holds' : 'parted';
}

/** What the other side's hooks said. */
function remoteWords(said: string): string[] {
  const words = said
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trim());
  return words.filter((line) => line !== '').slice(0, 5);
}

/** Another fetch of this clone moves the same refs. */
const LOCKED = /Unable to create '[^']+\.lock'|cannot lock ref/;
const LOCK_TRIES = 20;

/** Refs beside the branch over ssh, https or a path, by git itself. */
export class NativeSideRefs implements SideRefs {
  readonly namespace: string;
  readonly mirror: string;
  readonly #remote: string;
  readonly #readAt: readonly string[];
  readonly #store: Pick<LedgerStore, 'listRefs' | 'moveRef'>;
  readonly #git: Git;

  constructor({
    namespace,
    mirror,
    remote,
    writesTo,
    store,
    git,
  }: {
    namespace: string;
    mirror: string;
    remote: string;
    /** Where pushes go, where that is another address: what is swapped there is read there. */
    writesTo: string | undefined;
    store: Pick<LedgerStore, 'listRefs' | 'moveRef'>;
    git: Git;
  }) {
    this.namespace = namespace;
    this.mirror = mirror;
    this.#remote = remote;
    // Who may not read there does not push there either, and sees what is read elsewhere.
    this.#readAt = writesTo === undefined ? [remote] : [writesTo, remote];
    this.#store = store;
    this.#git = git;
  }

  publish(name: string, commit: Oid, expected: Oid | undefined, patience?: Patience): Promise<PushResult> {
    return this.#push(name, commit, expected, patience);
  }

  async retract(name: string, expected: Oid, patience?: Patience): Promise<PushResult> {
    return this.#push(name, '', expected, patience);
  }

  async list(patience?: Patience): Promise<SideRefList> {
    let failure = '';
    for (const address of this.#readAt) {
      const { ok, said } = await this.#fetch(address, patience);
      if (ok) return this.#mirrored();
      const fault = diskFault('fetching', said);
      if (fault !== undefined) throw fault;
      failure = said;
    }
    return { kind: 'unreachable', cause: new Error(lastWords(failure)) };
  }

  async #fetch(address: string, patience: Patience | undefined, attempt = 1): Promise<GitAnswer> {
    const refspec = `+${this.namespace}*:${this.mirror}*`;
    const answer = await this.#git([...FETCH, '--prune', '--end-of-options', address, refspec], patience);
    if (answer.ok || !LOCKED.test(answer.said) || attempt === LOCK_TRIES) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    return this.#fetch(address, patience, attempt + 1);
  }

  async #mirrored(): Promise<SideRefList> {
    const mirrored = (await this.#store.listRefs(this.mirror)).map(({ ref, oid }) => [ref, oid] as const);
    return { kind: 'ok', found: sideRefsIn(mirrored, this.mirror) };
  }

  async #push(
    name: string,
    source: string,
    expected: Oid | undefined,
    patience: Patience | undefined,
  ): Promise<PushResult> {
    const ref = `${this.namespace}${name}`;
    const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
    const pushed = (refspecs: readonly string[]): Promise<GitAnswer> =>
      this.#git([...PUSH, lease, '--end-of-options', this.#remote, ...refspecs], patience);
    const first = await pushed([`${source}:${ref}`]);
    const isAmbiguous = source !== '' && AMBIGUOUS.test(first.said);
    const answer = isAmbiguous ? await withFolders(this.#store, [{ from: source, to: ref }], pushed) : first;
    if (source === '' && /remote ref does not exist/.test(answer.said)) return { kind: 'behind' };
    return readGitPush(answer, ref);
  }
}
