import type { Oid } from '../store/port.ts';

export type FetchResult =
  /** `tip` is `undefined` where the remote has no such branch, and never had as far as this clone saw. */
  | { kind: 'ok'; tip: Oid | undefined }
  /** What this clone has seen is no longer in the branch. Nothing moved. */
  | { kind: 'rewritten'; seen: Oid; found: Oid | undefined }
  | { kind: 'unreachable'; cause: Error };

export type PushResult =
  | { kind: 'accepted' }
  /** Someone else was first: fetch and decide again. */
  | { kind: 'behind' }
  /** A hook, a protected branch or missing rights: final. */
  | { kind: 'refused'; reason: string }
  /** It broke off, and the remote may or may not have taken it: ask before saying anything. */
  | { kind: 'unknown'; cause: Error };

/**
 * The shared branch, as one clone reaches it.
 *
 * Law: the branch moves by fast-forward only, and of concurrent pushes from one tip exactly one is accepted. After `ok`
 * and `accepted`, the clone's ref `seenRef` is at the branch's tip; it never goes back. Every adapter passes
 * `test/conformance/remote.ts`.
 */
export interface LedgerRemote {
  readonly name: string;
  /** Where it is, for messages, without secrets. */
  readonly url: string;
  /** Local ref: the shared tip that this clone last saw. */
  readonly seenRef: string;
  fetch(): Promise<FetchResult>;
  /** Offers `tip` as the branch's new tip. */
  push(tip: Oid): Promise<PushResult>;
}
