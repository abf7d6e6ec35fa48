import { lastWords } from '../git/client.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { FETCH, type Git, PUSH, readGitPush } from './native-push.ts';
import type { PushResult, SideRefList, SideRefs } from './port.ts';
import { sideRefsIn } from './side-refs.ts';

/** Another fetch of this clone moves the same refs. */
const LOCKED = /Unable to create '[^']+\.lock'|cannot lock ref/;
const LOCK_TRIES = 20;

/** Refs beside the branch over ssh, https or a path, by git itself. */
export class NativeSideRefs implements SideRefs {
  readonly namespace: string;
  readonly mirror: string;
  readonly #remote: string;
  readonly #readAt: readonly string[];
  readonly #store: Pick<LedgerStore, 'listRefs'>;
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
    store: Pick<LedgerStore, 'listRefs'>;
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

  publish(name: string, commit: Oid, expected: Oid | undefined): Promise<PushResult> {
    return this.#push(name, commit, expected);
  }

  async retract(name: string, expected: Oid): Promise<PushResult> {
    return this.#push(name, '', expected);
  }

  async list(): Promise<SideRefList> {
    let failure = '';
    for (const address of this.#readAt) {
      const { ok, said } = await this.#fetch(address);
      if (ok) return this.#mirrored();
      failure = said;
    }
    return { kind: 'unreachable', cause: new Error(lastWords(failure)) };
  }

  async #fetch(address: string, attempt = 1): Promise<{ ok: boolean; said: string }> {
    const refspec = `+${this.namespace}*:${this.mirror}*`;
    const { ok, said } = await this.#git([...FETCH, '--prune', '--end-of-options', address, refspec]);
    if (ok || !LOCKED.test(said) || attempt === LOCK_TRIES) return { ok, said };
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    return this.#fetch(address, attempt + 1);
  }

  async #mirrored(): Promise<SideRefList> {
    const mirrored = (await this.#store.listRefs(this.mirror)).map(({ ref, oid }) => [ref, oid] as const);
    return { kind: 'ok', found: sideRefsIn(mirrored, this.mirror) };
  }

  async #push(name: string, source: string, expected: Oid | undefined): Promise<PushResult> {
    const ref = `${this.namespace}${name}`;
    const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
    const { said } = await this.#git([...PUSH, lease, '--end-of-options', this.#remote, `${source}:${ref}`]);
    if (source === '' && /remote ref does not exist/.test(said)) return { kind: 'behind' };
    return readGitPush(said, ref);
  }
}
