import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { decodeLedgerMessage, decodeMessage } from '../codec/message.ts';
import { branchOf, commitNamed } from '../git/work-tree.ts';
import { openNativeBackend } from '../ledger/backend.ts';
import { chooseBranch } from '../ledger/options.ts';
import { judgePush, type RefusedPush } from './judge.ts';
import type { HookVerdict } from './run-hook.ts';
import type { RefUpdate } from './updates.ts';

type Render = (refusal: RefusedPush | undefined) => HookVerdict;
const FINE: HookVerdict = { ok: true, lines: [] };

/** Judges what is about to be pushed by hand as the server would, before anything leaves. */
export async function judgeOutgoing(
  dir: string,
  updates: readonly RefUpdate[],
  render: Render,
): Promise<HookVerdict> {
  const branch = await ledgerBranch(dir);
  const own = updates.filter(({ ref }) => ref === branch);
  for (const { ref, old } of own) {
    if (old === undefined || (await commitNamed(dir, old)) !== undefined) continue;
    return {
      ok: false,
      lines: [`work-ledger: refused ${ref}: the remote has what is not here; first: wl sync`],
    };
  }
  return own.length === 0 ? FINE : render(await judgePush(dir, own));
}

/** Holds a message against the form that every commit of a ledger has. Merges have git's own. */
export async function checkMessageFile(dir: string, file: string): Promise<HookVerdict> {
  if (!(await isOnLedger(dir)) || (await commitNamed(dir, 'MERGE_HEAD')) !== undefined) return FINE;
  const message = readFileSync(resolve(dir, file), 'utf8');
  if (decodeLedgerMessage(message) !== undefined) return FINE;
  const decoded = decodeMessage(message);
  if (decoded.kind === 'event') return FINE;
  const line = `work-ledger: refused: message: ${decoded.message}; change items by wl, or see docs/format.md, "Commit"`;
  return { ok: false, lines: [line] };
}

/** Tells what a merge by hand did to the ledger that is checked out; it is done, so nothing is refused. */
export async function checkMerged(dir: string, render: Render): Promise<HookVerdict> {
  if (!(await isOnLedger(dir))) return FINE;
  const [old, now] = [await commitNamed(dir, 'ORIG_HEAD'), await commitNamed(dir, 'HEAD')];
  if (old === undefined || now === undefined) return FINE;
  const { ok, lines } = render(await judgePush(dir, [{ ref: await ledgerBranch(dir), old, now }]));
  if (ok) return { ok: true, lines: ['work-ledger: the merge keeps every rule; share it with: wl sync'] };
  return {
    ok: true,
    lines: [...lines, 'work-ledger: this merge would not be taken; undo it with: git reset --hard ORIG_HEAD'],
  };
}

async function ledgerBranch(dir: string): Promise<string> {
  const backend = await openNativeBackend(dir);
  try {
    return `refs/heads/${chooseBranch({}, backend.config)}`;
  } finally {
    await backend.close();
  }
}

async function isOnLedger(dir: string): Promise<boolean> {
  return (await branchOf(dir)) === (await ledgerBranch(dir));
}
