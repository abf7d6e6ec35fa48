import { CLONE_NAME } from '../domain/values.ts';
import type { LocalState } from './ports.ts';

/** Where a clone stands: the machine, and there its directory by path and by inode. */
export interface Place {
  machine: string;
  path: string;
  inode: string;
}

/** Why a clone has a new name. */
export interface Renaming {
  /** `copied`: it stands elsewhere as another directory. `met`: another clone writes under its name. */
  because: 'copied' | 'met';
  from: string;
  to: string;
}

/** A name, and where the clone was seen under it: the last place on each machine, the newest last. */
interface Entry {
  name: string;
  places: Place[];
}

const NAMES = 'clones';
const MACHINES = 8;

/**
 * The name by which a clone is known among those of one ledger. Whatever a clone keeps as its own doing is kept under its name:
 * so what it kept before is set aside by a new name, and by nothing else.
 *
 * A directory that was moved keeps its inode, and one that was restored in place its path. Where both are others, it is a copy:
 * two clones would write under one name, so this one takes a new name. The names of a clone are kept in order, each under its
 * number, which one process is first to take.
 */
export class CloneName {
  readonly #state: LocalState;
  readonly #drawName: () => string;
  readonly #placeOf: () => Place | undefined;
  readonly #onRenamed: (renaming: Renaming) => void;
  /** How many names it has had, the present one included; 0 before it was asked. */
  #number = 0;

  constructor(state: LocalState, { drawName, place, onRenamed }: CloneNameOptions) {
    this.#state = state;
    this.#drawName = drawName;
    this.#placeOf = place ?? (() => undefined);
    this.#onRenamed = onRenamed ?? (() => undefined);
  }

  /** The present name; drawn by the first process that asks. Another process may have changed it since this one asked last. */
  get name(): string {
    const looked = this.#number > 0;
    let entry = this.#newest();
    if (looked && entry !== undefined) return entry.name;
    entry ??= this.#take();
    const { places, name } = entry;
    const place = this.#placeOf();
    if (place === undefined) return name;
    const known = places.find(({ machine }) => machine === place.machine);
    if (known?.path === place.path && known.inode === place.inode) return name;
    if (known !== undefined && known.path !== place.path && known.inode !== place.inode) {
      return this.#rename(name, 'copied');
    }
    const others = places.filter(({ machine }) => machine !== place.machine);
    this.#state.set(
      `${NAMES}/${this.#number}`,
      encode({ name, places: [...others, place].slice(-MACHINES) }),
    );
    return name;
  }

  /** The names that it had before, the newest first. */
  get earlier(): string[] {
    const { name } = this;
    const names = Array.from({ length: this.#number - 1 }, (_, n) => this.#read(n + 1)?.name);
    return [...new Set(names)].filter((one) => one !== undefined && one !== name).reverse() as string[];
  }

  /** Gives up `name`, under which another clone writes. @returns the present name */
  giveUp(name: string): string {
    return this.name === name ? this.#rename(name, 'met') : this.name;
  }

  #rename(from: string, because: Renaming['because']): string {
    const { name: to } = this.#take();
    this.#onRenamed({ because, from, to });
    return to;
  }

  /** Takes the next number, with a new name; where another process was first, its name. */
  #take(): Entry {
    const place = this.#placeOf();
    const drawn = { name: this.#drawName(), places: place === undefined ? [] : [place] };
    this.#number += 1;
    if (this.#state.add(`${NAMES}/${this.#number}`, encode(drawn))) return drawn;
    return this.#read(this.#number) ?? this.#take();
  }

  #newest(): Entry | undefined {
    const numbers =
      this.#number === 0 ? this.#state.keys(NAMES).map(Number).filter(Number.isSafeInteger) : [];
    let number = Math.max(this.#number, ...numbers);
    while (this.#state.get(`${NAMES}/${number + 1}`) !== undefined) number += 1;
    this.#number = number;
    return this.#read(number);
  }

  #read(number: number): Entry | undefined {
    try {
      const value: unknown = JSON.parse(this.#state.get(`${NAMES}/${number}`) ?? 'null');
      const { name, places } = value as Partial<Entry>;
      if (typeof name !== 'string' || !CLONE_NAME.test(name) || !Array.isArray(places)) return undefined;
      return { name, places: places.filter(isPlace) };
    } catch {
      // A damaged note is none: it costs a new name.
      return undefined;
    }
  }
}

export interface CloneNameOptions {
  drawName(): string;
  /** `undefined` where it cannot be told, as in memory. */
  place?: (() => Place | undefined) | undefined;
  /** Told by the process that changed the name. */
  onRenamed?: ((renaming: Renaming) => void) | undefined;
}

const encode = (entry: Entry): string => JSON.stringify(entry);

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const { machine, path, inode } = value as Partial<Place>;
  return typeof machine === 'string' && typeof path === 'string' && typeof inode === 'string';
}
