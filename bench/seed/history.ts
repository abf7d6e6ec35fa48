import { encodeInitMessage } from '../../src/codec/message.ts';
import { SETTINGS_PATH } from '../../src/codec/path.ts';
import { encodeSettings } from '../../src/codec/settings.ts';
import type { Command } from '../../src/domain/commands.ts';
import type { WorkId } from '../../src/domain/ids.ts';
import type { WorkStatus } from '../../src/domain/item.ts';
import { type LedgerSettings, settingsSchema } from '../../src/domain/settings.ts';
import { type LedgerView, Overlay } from '../../src/domain/view.ts';
import { branchFiles } from '../../src/ledger/branch-files.ts';
import type { CommitDraft } from '../../src/store/port.ts';
import { decideInto, draftOf } from '../../src/sync/draft.ts';
import { planBlocks, type SeedPlan } from './plan.ts';

const MACHINE = { name: 'bench', email: 'bench@example.invalid' };
const ROOT = {
  op: '019b0000-0000-7000-8000-000000000001',
  actor: 'bench',
  at: '2026-01-15T00:00:00.000Z',
};
const SETTINGS = settingsSchema().parse({ schema: 1, ledger_id: '019b0000-0000-7000-8000-000000000002' });

/** The commits of a seed, root first, each decided and encoded as the program does it. */
export function* seedHistory(plan: SeedPlan): Generator<CommitDraft> {
  yield rootDraft();
  const settled = new SettledView(SETTINGS);
  for (const commands of planBlocks(plan)) {
    const view = new Overlay(settled);
    for (const command of commands) yield* draftsOf(view, command);
    settled.keep(view);
  }
}

function rootDraft(): CommitDraft {
  const changes = [{ path: SETTINGS_PATH, bytes: encodeSettings(SETTINGS) }, ...branchFiles()];
  const step = {
    ...ROOT,
    message: encodeInitMessage(SETTINGS.ledger_id, ROOT),
    changes,
    transition: undefined,
  };
  return draftOf(step, MACHINE, new Date(ROOT.at));
}

function draftsOf(view: Overlay, command: Command): CommitDraft[] {
  const decided = decideInto(view, command);
  if (decided.kind === 'unchanged') throw new Error(`${command.verb} changes nothing: the plan is wrong`);
  return decided.steps.map((step) => draftOf(step, MACHINE, new Date(command.at)));
}

/**
 * Items of blocks before: their status alone, so that memory stays small. Nothing is decided about them again, nothing of the plan
 * has a parent, a blocker, a key or a source, and what they depend on cannot lead back to a new item.
 */
class SettledView implements LedgerView {
  readonly settings: LedgerSettings;
  readonly #status = new Map<WorkId, WorkStatus>();

  constructor(settings: LedgerSettings) {
    this.settings = settings;
  }

  keep(block: Overlay): void {
    for (const [id, item] of block.changes()) if (item !== undefined) this.#status.set(id, item.status);
  }

  statusOf = (id: WorkId): WorkStatus | undefined => this.#status.get(id);
  wasUsed = (id: WorkId): boolean => this.#status.has(id);
  find = (): undefined => undefined;
  openChildrenOf = (): readonly WorkId[] => [];
  blockedOn = (): readonly WorkId[] => [];
  openDependentsOf = (): readonly WorkId[] => [];
  inProgress = (): readonly WorkId[] => [];
  usedKey = (): undefined => undefined;
  fromSource = (): readonly WorkId[] => [];
  nextNumber = (): number => 1;
}
