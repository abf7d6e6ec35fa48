import type { SideRefs } from '../../remote/port.ts';
import type { Identity, LedgerStore, Oid } from '../../store/port.ts';

export type PutResult =
  | { kind: 'accepted' }
  /** Someone else writes under this name: nothing of theirs was overwritten. */
  | { kind: 'taken' }
  /** The host takes no such refs: final. */
  | { kind: 'refused'; reason: string }
  /** It did not arrive, or nobody knows whether it did: to be tried again. */
  | { kind: 'failed'; cause: Error };

export interface PresencePlace {
  store: Pick<LedgerStore, 'readRef' | 'commit'>;
  refs: SideRefs;
  committer: Identity;
}

/** Holds a commit while it is on its way; whoever comes next takes it over. */
const DRAFT = 'refs/work-ledger/presence-draft';
const DRAFT_TRIES = 20;
const TRIES = 3;
/** Who looks into the ref with git alone finds this beside the message. */
const README = Buffer.from(
  'Who is at work on the ledger of this repository: see the message of the commit.\n',
);

/** The one ref that a session overwrites. It knows what it put there, and notices what it did not. */
export class OwnPresence {
  readonly #place: PresencePlace;
  readonly #name: string;
  #known: Oid | undefined;
  /** Of which nobody said whether they arrived. */
  readonly #sent = new Set<Oid>();

  constructor(place: PresencePlace, name: string) {
    this.#place = place;
    this.#name = name;
  }

  /** Puts a sign in the place of the one before. */
  async put(message: string, at: Date): Promise<PutResult> {
    const { refs } = this.#place;
    const commit = await this.#make(message, at);
    for (let tried = 1; tried <= TRIES; tried += 1) {
      const result = await refs.publish(this.#name, commit, this.#known);
      switch (result.kind) {
        case 'accepted':
          this.#known = commit;
          this.#sent.clear();
          return result;
        case 'refused':
          return result;
        case 'unreachable':
          return { kind: 'failed', cause: result.cause };
        case 'unknown':
          this.#sent.add(commit);
          return { kind: 'failed', cause: result.cause };
        case 'behind': {
          const looked = await this.#look();
          if (looked !== 'mine') return looked;
          break;
        }
        default:
          return result satisfies never;
      }
    }
    return {
      kind: 'refused',
      reason: 'a ref that builds on nothing is not put in the place of the one before',
    };
  }

  /** Takes the sign away, where it is still this session's. */
  async remove(): Promise<void> {
    const { refs } = this.#place;
    if (this.#sent.size > 0) await this.#look();
    if (this.#known !== undefined) await refs.retract(this.#name, this.#known);
  }

  /** A sign that broke off may have arrived, and one that was silent for long may have been taken away. */
  async #look(): Promise<'mine' | Extract<PutResult, { kind: 'taken' | 'failed' }>> {
    const listed = await this.#place.refs.list();
    if (listed.kind === 'unreachable') return { kind: 'failed', cause: listed.cause };
    const found = listed.found.get(this.#name);
    if (found !== undefined && found !== this.#known && !this.#sent.has(found)) return { kind: 'taken' };
    this.#known = found;
    return 'mine';
  }

  async #make(message: string, at: Date): Promise<Oid> {
    const { store, committer } = this.#place;
    const seconds = Math.floor(at.getTime() / 1000);
    const changes = [{ path: 'README', bytes: README }];
    const who = { author: committer, authored_at: seconds, committer, committed_at: seconds };
    for (let tried = 1; ; tried += 1) {
      const made = await store.commit({
        ref: DRAFT,
        expected: await store.readRef(DRAFT),
        base: undefined,
        drafts: [{ message, ...who, changes }],
      });
      if (made.kind === 'committed') return made.tip;
      if (tried === DRAFT_TRIES) throw new Error(`${DRAFT} is moved by others all the time`);
    }
  }
}
