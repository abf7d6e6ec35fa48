import type { SideRefs } from '../../remote/port.ts';
import type { Identity, LedgerStore, Oid } from '../../store/port.ts';
import type { Clock } from '../../sync/ports.ts';
import { encodePresence, type ListedExecution, type PresenceRecord, presenceName } from './record.ts';

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
        case 'denied':
          return { kind: 'refused', reason: result.reason };
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

export type Self = Pick<PresenceRecord, 'agent' | 'host' | 'pid' | 'program' | 'clone'>;

/** Writes the signs of one process, each with the next number. */
export class PresenceSigner {
  readonly #place: PresencePlace;
  readonly #self: Self;
  readonly #clock: Clock;
  #session: string;
  #own: OwnPresence;
  #seq = 0;

  constructor(place: PresencePlace, self: Self, clock: Clock, session: string) {
    this.#place = place;
    this.#self = self;
    this.#clock = clock;
    this.#session = session;
    this.#own = new OwnPresence(place, this.name);
  }

  /** The ref's name. */
  get name(): string {
    return presenceName(this.#self.agent, this.#session);
  }

  /** Whatever fails here may be well the next time. */
  async give(executions: ListedExecution[]): Promise<PutResult> {
    this.#seq += 1;
    const at = this.#clock.now();
    const record: PresenceRecord = {
      schema: 1,
      ...this.#self,
      session: this.#session,
      seq: this.#seq,
      at: at.toISOString(),
      executions,
    };
    try {
      return await this.#own.put(encodePresence(record), at);
    } catch (error) {
      return { kind: 'failed', cause: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Goes on under another name: this one is someone else's. */
  rename(session: string): void {
    this.#session = session;
    this.#own = new OwnPresence(this.#place, this.name);
  }

  /** What cannot be taken away is silent from now on, and is pruned some day. */
  async remove(): Promise<void> {
    await this.#own.remove().catch(() => undefined);
  }
}

/** Remembers that a host takes no presence, so that it is told once, and not tried all the time. */
export interface Refusals {
  isRecent(): boolean;
  /** @returns whether it is news */
  note(reason: string): boolean;
  /** It took one. */
  forget(): void;
}

/** Something that whoever runs the program should know, once. */
export interface PresenceNotice {
  code: 'PRESENCE_REFUSED' | 'PRESENCE_TAKEN';
  message: string;
  hint: string;
}

export const nameTaken = (name: string): PresenceNotice => ({
  code: 'PRESENCE_TAKEN',
  message: `Another process writes the presence ${name}.`,
  hint: 'Nothing of it was overwritten; this process goes on under another name.',
});

export const hostRefuses = (reason: string): PresenceNotice => ({
  code: 'PRESENCE_REFUSED',
  message: `The remote takes no presence: ${reason}.`,
  hint: 'Checkpoints are the signs of life instead. A place that it takes is set with: git config ledger.presence refs/heads/NAME; or none',
});
