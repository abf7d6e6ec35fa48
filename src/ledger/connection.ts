import type { SignatureReader } from '../audit/signatures.ts';
import { LedgerError } from '../domain/errors.ts';
import type { Projection } from '../projection/projection.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { CloneName } from '../sync/clone-name.ts';
import type { Clock, LocalState } from '../sync/ports.ts';
import type { LedgerMode, LedgerNotice } from './options.ts';
import type { WritePath } from './write-path.ts';

/** One clone's ledger, put together: what `open.ts` makes and `WorkLedger` works with. */
export interface Connection {
  projection: Projection;
  refs: Pick<LedgerStore, 'readRef'>;
  state: LocalState;
  /** Which clone this is. */
  clone: CloneName;
  /** Tells whoever runs the program what it should know. */
  notify(notice: LedgerNotice): void;
  clock: Clock;
  actor: string;
  mode: LedgerMode;
  branch: string;
  /** `refs/heads/<branch>`. */
  localRef: string;
  /** Where on the remote it says who is at work; `undefined` where it is set up not to. */
  presence: string | undefined;
  /** True where it signs each transition. */
  sign: boolean;
  /** Where the repository is, for messages. */
  place: string;
  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  local: string | undefined;
  /** The remote that the ledger is shared through. */
  remote: { name: string; url: string } | null;
  store(): Promise<LedgerStore>;
  /** `undefined` where nothing here can check signatures. */
  signatures: SignatureReader | undefined;
  /** All that a transition needs and a question does not; loaded when first asked for. */
  write(): Promise<WritePath>;
  /** Ends what is still running. */
  close(): Promise<void>;
}

/** @throws LedgerError `NO_LEDGER` */
export async function currentTip({ refs, localRef, branch, place }: Connection): Promise<Oid> {
  const tip = await refs.readRef(localRef);
  if (tip !== undefined) return tip;
  throw new LedgerError('NO_LEDGER', `There is no ledger on the branch ${branch} of ${place}.`, {
    hint: 'Make one with: wl init',
  });
}
