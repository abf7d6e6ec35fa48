import { parsePath } from '../codec/path.ts';
import { type LedgerView, Overlay } from '../domain/view.ts';
import type { Change } from './changes.ts';

/** The ledger as plain changes leave it, without writing them anywhere. */
export function viewAfter(view: LedgerView, changes: readonly Change[]): LedgerView {
  const after = new Overlay(view);
  for (const { path, now } of changes) {
    const id = parsePath(path)?.id;
    if (now === undefined && id !== undefined) after.set(id, undefined);
  }
  for (const { now } of changes) {
    if (now?.kind === 'settings') after.settings = now.settings;
    if (now?.kind === 'item' && now.content.kind === 'item') after.set(now.id, now.content.item);
  }
  return after;
}
