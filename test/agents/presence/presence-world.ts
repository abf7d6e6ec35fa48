import { createHash } from 'node:crypto';
import { rememberRefusals } from '../../../src/agents/presence/open.ts';
import { Presence, type PresenceEvents } from '../../../src/agents/presence/presence.ts';
import { decodePresence, type PresenceRecord } from '../../../src/agents/presence/record.ts';
import type { PresenceTimer } from '../../../src/agents/presence/running.ts';
import type { PresencePlace } from '../../../src/agents/presence/session.ts';
import type { PushResult, SideRefs } from '../../../src/remote/port.ts';
import { MemoryState } from '../../../src/store/local-state.ts';
import type { LedgerStore } from '../../../src/store/port.ts';
import type { Clock } from '../../../src/sync/ports.ts';

/** Time that goes on when it is told to. */
export class ManualTimer implements PresenceTimer {
  #now = 1000;
  #tasks = new Set<{ at: number; task: () => void }>();

  elapsed(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const entry = { at: this.#now + ms, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  get waiting(): number {
    return this.#tasks.size;
  }

  /** Lets time pass, and what is due in it happen one after another. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** The process stands still: what is due happens late, and at once. */
  async freeze(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }
}

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A remote that keeps presence, and fails as it is told. */
export class FakeRefs implements SideRefs {
  readonly namespace = 'refs/work-ledger/presence/';
  readonly mirror = 'refs/work-ledger/presence-of/origin/';
  readonly refs = new Map<string, string>();
  /** How the next pushes end; after them all is well. */
  readonly fate: ('away' | 'refused' | 'lost before' | 'lost after')[] = [];
  away = false;
  refusal: string | undefined;
  /** Pushes that were tried. */
  pushes = 0;
  underWay = 0;
  /** The most that were under way at once. */
  most = 0;
  /** Waited for by each push. */
  gate: Promise<void> = Promise.resolve();

  publish(name: string, commit: string, expected: string | undefined): Promise<PushResult> {
    return this.#swap(name, expected, commit);
  }

  retract(name: string, expected: string): Promise<PushResult> {
    return this.#swap(name, expected, undefined);
  }

  async list() {
    if (this.away) return { kind: 'unreachable', cause: new Error('away') } as const;
    return { kind: 'ok', found: new Map(this.refs) } as const;
  }

  async #swap(name: string, expected: string | undefined, next: string | undefined): Promise<PushResult> {
    this.pushes += 1;
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    await this.gate;
    this.underWay -= 1;
    const fate = this.away ? 'away' : this.fate.shift();
    if (fate === 'away') return { kind: 'unreachable', cause: new Error('away') };
    if (fate === 'refused' || this.refusal !== undefined) {
      return { kind: 'refused', reason: this.refusal ?? 'only branches' };
    }
    if (fate === 'lost before') return { kind: 'unknown', cause: new Error('broke off') };
    const current = this.refs.get(name);
    if (current !== next && current !== expected) return { kind: 'behind' };
    if (next === undefined) this.refs.delete(name);
    else this.refs.set(name, next);
    return fate === 'lost after' ? { kind: 'unknown', cause: new Error('broke off') } : { kind: 'accepted' };
  }
}

/** Objects and refs of one clone, as far as presence needs them. */
class FakeStore implements Pick<LedgerStore, 'readRef' | 'commit'> {
  readonly objects = new Map<string, Uint8Array>();
  #draft: string | undefined;

  async readRef(): Promise<string | undefined> {
    return this.#draft;
  }

  async commit({ drafts }: Parameters<LedgerStore['commit']>[0]) {
    const bytes = Buffer.from(`tree ${'0'.repeat(40)}\nauthor a <a> 0 +0000\n\n${drafts[0]?.message}`);
    const tip = createHash('sha1').update(bytes).digest('hex');
    this.objects.set(tip, bytes);
    this.#draft = tip;
    return { kind: 'committed', tip, oids: [tip] } as const;
  }
}

export const NOON = Date.parse('2026-01-03T11:00:00.000Z');

/** One process with presence, on a remote that a test controls. */
export function makePresence(
  options: PresenceEvents & {
    refs?: FakeRefs;
    counts?: 'remote' | 'local';
    sessions?: string[];
    place?: 'none';
  } = {},
  state = new MemoryState(),
) {
  const timer = new ManualTimer();
  const refs = options.refs ?? new FakeRefs();
  const store = new FakeStore();
  const clock: Clock = {
    now: () => new Date(NOON + timer.elapsed()),
    sleep: async () => undefined,
    random: () => 0.5,
  };
  const sessions = options.sessions ?? ['aaaaaaa1', 'aaaaaaa2', 'aaaaaaa3'];
  const committer = { name: 'machine', email: 'machine@example.invalid' };
  const place: PresencePlace | undefined = options.place === 'none' ? undefined : { store, refs, committer };
  const presence = new Presence({
    place,
    counts: options.counts ?? 'remote',
    refusals: rememberRefusals(state, clock, 'file:///x refs/work-ledger/presence'),
    self: { agent: 'ada', host: 'here', pid: 7, program: 'test' },
    clock,
    timer,
    newSession: () => sessions.shift() ?? 'zzzzzzz9',
    onNotice: options.onNotice,
    onLost: options.onLost,
  });
  /** What the remote shows under a name. */
  const shown = (name = 'ada.aaaaaaa1'): PresenceRecord | undefined => {
    const bytes = store.objects.get(refs.refs.get(name) ?? '');
    const read = bytes && decodePresence(bytes);
    return read?.kind === 'read' ? read.record : undefined;
  };
  return { presence, timer, refs, store, shown, state };
}

/** An execution with a lease of a minute and a half: a sign each 30 s, and the end after 60 s. */
export const execution = (n = 1, more: { renew?: () => Promise<void>; ttl_s?: number } = {}) => ({
  id: `WRK-20260103-000${n}`,
  execution_id: `exec-${n}`,
  epoch: 1,
  ttl_s: 90,
  ...more,
});
