import type { Command } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { unknownReference } from '../domain/graph.ts';
import { isOfflineId, type WorkId } from '../domain/ids.ts';
import type { WorkLink } from '../domain/item.ts';
import type { NewWork } from '../domain/item-schema.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import { type LedgerView, Overlay } from '../domain/view.ts';
import type { LedgerCommand } from './draft.ts';

/** Gives numbered ids that no one has seen yet a form that needs no one's agreement. */
export type Renumber = (command: Command, id: WorkId) => WorkId | undefined;

/** A number that was taken meanwhile is given up for the next; ids that someone may have seen stay. */
export function prepare(
  command: LedgerCommand,
  view: LedgerView,
  names: Names,
  renumber?: Renumber,
): LedgerCommand {
  if (command.verb !== 'create' && command.verb !== 'import') return command;
  const { id } = command;
  if (id === undefined || isOfflineId(id)) return command;
  const other = names.foreseen(id) ?? renumber?.(command, id);
  if (other !== undefined && !view.wasUsed(other)) return { ...command, id: other };
  if (!view.wasUsed(id)) return command;
  if (command.verb === 'create') return { ...command, id: undefined };
  const [prefix = '', date = ''] = id.split('-');
  const next = `${prefix}-${date}-${String(view.nextNumber(prefix, date)).padStart(4, '0')}`;
  return { ...command, id: next };
}

/**
 * What items are called that are decided anew: a number that was taken is given up for the next, and an item that is there
 * already stands for what would be its copy. An item that is not made has no name: its number may be another's by now.
 *
 * An import may name items that come after it. What those are called is known only once they are decided; then all of it is
 * decided once more, with names that are foreseen.
 */
export class Names {
  readonly #now = new Map<WorkId, WorkId | undefined>();
  readonly #foreseen: ReadonlyMap<WorkId, WorkId | undefined>;
  readonly #named = new Set<WorkId>();

  constructor(foreseen: ReadonlyMap<WorkId, WorkId | undefined> = new Map()) {
    this.#foreseen = foreseen;
  }

  get now(): ReadonlyMap<WorkId, WorkId | undefined> {
    return this.#now;
  }

  /** True where something was named by an id that turned out to be another's. */
  get cameLate(): boolean {
    return [...this.#named].some((id) => this.#now.has(id));
  }

  /** @param after `undefined` where the item is not made */
  note(before: WorkId, after: WorkId | undefined): void {
    if (before !== after) this.#now.set(before, after);
  }

  /** The same, to be changed on trial. */
  copy(): Names {
    const copy = new Names(this.#foreseen);
    copy.apply(this);
    return copy;
  }

  /** Takes over what was noted in a copy. */
  apply(other: Names): void {
    for (const [before, after] of other.#now) this.#now.set(before, after);
    for (const id of other.#named) this.#named.add(id);
  }

  foreseen(id: WorkId): WorkId | undefined {
    return this.#foreseen.get(id);
  }

  /**
   * The command with ids that changed replaced. Links to what is not made are left out.
   *
   * @throws LedgerError `NOT_FOUND`, `UNKNOWN_REFERENCE` where it cannot do without an item that is not made
   */
  rename(command: LedgerCommand): LedgerCommand {
    if (command.verb === 'configure' || (command.verb !== 'import' && this.#now.size === 0)) return command;
    const { observed } = command;
    if (observed === undefined) return this.#renameAsked(command);
    // What was seen, by the names that things have now.
    const named = (seen: unknown) => (typeof seen === 'string' ? (this.#find(seen) ?? seen) : seen);
    const seen = Object.entries(observed).map(([field, value]) => [field, named(value)]);
    return this.#renameAsked({ ...command, observed: Object.fromEntries(seen) } as Command);
  }

  #renameAsked(command: Command): Command {
    switch (command.verb) {
      case 'import': {
        const { item } = command;
        const block = item.block && { ...item.block, blocker_id: this.#ahead(item.block.blocker_id) };
        const links = this.#links(item.links, (id) => this.#ahead(id));
        return { ...command, item: { ...item, ...this.#needs(item), links, block } };
      }
      case 'create': {
        const { fields } = command;
        const links = this.#links(fields.links ?? [], (id) => this.#find(id));
        return { ...command, fields: { ...fields, ...this.#needs(fields), links } };
      }
      case 'block': {
        const { blocker_id } = command;
        return {
          ...command,
          id: this.#itself(command.id),
          blocker_id: blocker_id && this.#reference('blocker', blocker_id),
        };
      }
      case 'update':
        return { ...command, id: this.#itself(command.id), patch: this.#patch(command.patch) };
      default:
        return { ...command, id: this.#itself(command.id) };
    }
  }

  #find(id: WorkId): WorkId | undefined {
    return this.#now.has(id) ? this.#now.get(id) : id;
  }

  /** As `find`, also for what comes later. */
  #ahead(id: WorkId | undefined): WorkId | undefined {
    if (id === undefined || this.#now.has(id)) return id && this.#now.get(id);
    if (this.#foreseen.has(id)) return this.#foreseen.get(id);
    this.#named.add(id);
    return id;
  }

  #itself(id: WorkId): WorkId {
    const now = this.#find(id);
    if (now !== undefined) return now;
    throw new LedgerError('NOT_FOUND', `There is no item ${id}: it was not made.`, { details: { id } });
  }

  #reference(role: string, id: WorkId): WorkId {
    const now = this.#find(id);
    if (now === undefined) throw unknownReference(role, [id]);
    return now;
  }

  #needs({ parent_id, dependencies = [] }: Pick<NewWork, 'parent_id' | 'dependencies'>) {
    return {
      parent_id: parent_id && this.#reference('parent', parent_id),
      dependencies: dependencies.map((id) => this.#reference('dependency', id)),
    };
  }

  #links(links: readonly WorkLink[], find: (id: WorkId) => WorkId | undefined): WorkLink[] {
    return links.flatMap((link) => {
      const target = find(link.target);
      return target === undefined ? [] : [{ ...link, target }];
    });
  }

  #patch(patch: WorkPatch): WorkPatch {
    const parent = patch.set?.parent_id;
    const { add = [], remove = [] } = patch.dependencies ?? {};
    return {
      ...patch,
      ...(typeof parent === 'string'
        ? { set: { ...patch.set, parent_id: this.#reference('parent', parent) } }
        : {}),
      dependencies: {
        add: add.map((id) => this.#reference('dependency', id)),
        remove: remove.flatMap((id) => this.#find(id) ?? []),
      },
    };
  }
}

/** Lets `decide` work on `view`; once more where names came late. It must not change anything but the view that it gets. */
export function settleNames<T>(
  view: Overlay,
  mayComeLate: boolean,
  decide: (view: Overlay, names: Names) => T,
): T {
  const names = new Names();
  if (!mayComeLate) return decide(view, names);
  const trial = new Overlay(view, view.auxiliary);
  const result = decide(trial, names);
  if (names.cameLate) return decide(view, new Names(names.now));
  view.apply(trial);
  return result;
}
