import type { SideRefs } from '../../remote/port.ts';
import type { LedgerStore } from '../../store/port.ts';

const LOCAL = 'refs/work-ledger/presence/';

/** Presence in the clone itself, where there is no remote to tell: the processes of this machine see it. */
export function localPresence(store: Pick<LedgerStore, 'listRefs' | 'moveRef'>): SideRefs {
  const move: LedgerStore['moveRef'] = (name, expected, next) =>
    store.moveRef(`${LOCAL}${name}`, expected, next);
  return {
    namespace: LOCAL,
    mirror: LOCAL,
    publish: async (name, commit, expected) => ({
      kind: (await move(name, expected, commit)) ? 'accepted' : 'behind',
    }),
    retract: async (name, expected) => ({
      kind: (await move(name, expected, undefined)) ? 'accepted' : 'behind',
    }),
    async list() {
      const found = (await store.listRefs(LOCAL)).map(
        ({ ref, oid }) => [ref.slice(LOCAL.length), oid] as const,
      );
      return { kind: 'ok', found: new Map(found) };
    },
  };
}
