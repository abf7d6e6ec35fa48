import type { CommitDraft, CommitRecord, CommitRequest, LedgerStore, Oid } from '../../src/store/port.ts';

const ADA = { name: 'ada', email: 'ada@example.invalid' };
const MACHINE = { name: 'machine', email: 'machine@example.invalid' };
export const REF = 'refs/heads/work-ledger';

/** 2026-01-03T11:00:00Z */
export const NOON = 1_767_438_000;

/** A commit of text files; `undefined` removes one. Two drafts with one message, time and content are one commit. */
export function draft(
  message: string,
  files: Record<string, string | undefined> = {},
  more: Partial<CommitDraft> = {},
): CommitDraft {
  const changes = Object.entries(files).map(([path, text]) => ({
    path,
    bytes: text === undefined ? undefined : Buffer.from(text),
  }));
  return {
    message,
    author: ADA,
    authored_at: NOON,
    committer: MACHINE,
    committed_at: NOON,
    changes,
    ...more,
  };
}

/** Commits where the ref must be as the caller says. @returns the new tip */
export async function committed(store: LedgerStore, request: CommitRequest): Promise<Oid> {
  const result = await store.commit(request);
  if (result.kind !== 'committed') throw new Error(`the ref was at ${result.tip}`);
  return result.tip;
}

/** Appends to a ref whatever it points to. @returns the new tip */
export async function append(store: LedgerStore, ...drafts: CommitDraft[]): Promise<Oid> {
  const tip = await store.readRef(REF);
  return committed(store, { ref: REF, expected: tip, base: tip, drafts });
}

/** Appends as one of many writers does: looks, commits, and tries again while another was first. */
export async function appendAgainstOthers(store: LedgerStore, change: CommitDraft): Promise<Oid> {
  for (;;) {
    const tip = await store.readRef(REF);
    const result = await store.commit({ ref: REF, expected: tip, base: tip, drafts: [change] });
    if (result.kind === 'committed') return result.tip;
  }
}

export async function history(
  store: LedgerStore,
  query: Parameters<LedgerStore['commits']>[0],
): Promise<CommitRecord[]> {
  const found: CommitRecord[] = [];
  for await (const record of store.commits(query)) found.push(record);
  return found;
}

export async function messages(
  store: LedgerStore,
  query: Parameters<LedgerStore['commits']>[0],
): Promise<string[]> {
  return (await history(store, query)).map(({ message }) => message.trimEnd());
}

/** Every file of a commit with its text. */
export async function files(store: LedgerStore, commit: Oid): Promise<Record<string, string>> {
  const entries = await store.readTree(commit);
  const blobs = await store.readBlobs(
    entries.map(({ oid }) => oid),
    1_000_000,
  );
  return Object.fromEntries(
    entries.map(({ path, oid }) => {
      const blob = blobs.get(oid);
      return [path, blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : (blob?.kind ?? 'missing')];
    }),
  );
}
