import type { Oid } from '../../src/store/port.ts';
import type { FuzzObjects } from './objects.ts';

/** A line of a tree as it is written, right or wrong: a byte in each character of the mode and the name. */
export interface Line {
  mode: string;
  name: string;
  oid: Oid;
  /** The folder that stands here, where it was opened. */
  folder?: Folder;
}

const FOLDER = '40000';

/** Git sorts a folder as if its name ended in a slash. */
const keyOf = ({ mode, name }: Line): string => (mode === FOLDER ? `${name}/` : name);

/**
 * A tree that can be bent in every way that its bytes can: lines in any order, twice, with any mode and any name. It is made without
 * the code that is tested.
 */
export class Folder {
  readonly lines: Line[];
  /** What follows the last line, such as a line that breaks off. */
  rest = '';
  readonly #objects: FuzzObjects;

  constructor(objects: FuzzObjects, lines: Line[] = []) {
    this.#objects = objects;
    this.lines = lines;
  }

  static read(objects: FuzzObjects, oid: Oid | undefined): Folder {
    const bytes = Buffer.from(objects.get(oid ?? '')?.bytes ?? []);
    const lines: Line[] = [];
    let at = 0;
    while (at < bytes.length) {
      const space = bytes.indexOf(32, at);
      const end = space < 0 ? -1 : bytes.indexOf(0, space);
      if (end < 0 || end + 21 > bytes.length) break;
      lines.push({
        mode: bytes.toString('latin1', at, space),
        name: bytes.toString('latin1', space + 1, end),
        oid: bytes.toString('hex', end + 1, end + 21),
      });
      at = end + 21;
    }
    const folder = new Folder(objects, lines);
    folder.rest = bytes.toString('latin1', at);
    return folder;
  }

  /** The folder at a path. @param make whether it is put there where it is not */
  open(path: readonly string[], make: boolean): Folder | undefined {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    let line = this.lines.find((one) => one.name === name);
    if (line?.mode !== FOLDER) {
      if (!make) return undefined;
      this.remove(name);
      line = this.put({ mode: FOLDER, name, oid: '', folder: new Folder(this.#objects) });
    }
    line.folder ??= Folder.read(this.#objects, line.oid);
    return line.folder.open(rest, make);
  }

  /** Puts a file at a path, as git would; without one, takes away what is there. */
  set(path: string, file: { mode: string; oid: Oid } | undefined): void {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const folder = this.open(parts, file !== undefined);
    folder?.remove(name);
    if (file !== undefined) folder?.put({ ...file, name });
  }

  put(line: Line): Line {
    const at = this.lines.findIndex((other) => keyOf(other) > keyOf(line));
    this.lines.splice(at < 0 ? this.lines.length : at, 0, line);
    return line;
  }

  remove(name: string): void {
    for (let at = this.lines.length - 1; at >= 0; at -= 1)
      if (this.lines[at]?.name === name) this.lines.splice(at, 1);
  }

  /** Every file below, with the folder that it stands in. */
  *files(prefix = ''): Generator<{ path: string; line: Line; folder: Folder }> {
    for (const line of this.lines) {
      const path = `${prefix}${line.name}`;
      if (line.mode !== FOLDER) yield { path, line, folder: this };
      else {
        line.folder ??= Folder.read(this.#objects, line.oid);
        yield* line.folder.files(`${path}/`);
      }
    }
  }

  /** Git keeps no empty folder, unless somebody put it there on purpose. */
  write(): Oid {
    const parts: Buffer[] = [];
    for (const { mode, name, oid, folder } of this.lines) {
      if (folder !== undefined && folder.lines.length + folder.rest.length === 0 && oid === '') continue;
      const named = folder?.write() ?? oid;
      parts.push(Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(named, 'hex'));
    }
    return this.#objects.add('tree', Buffer.concat([...parts, Buffer.from(this.rest, 'latin1')]));
  }
}

/** The tree that a commit names. */
export const treeOf = (objects: FuzzObjects, commit: Oid): Oid | undefined =>
  /^tree ([0-9a-f]{40})$/m.exec(Buffer.from(objects.get(commit)?.bytes ?? []).toString('latin1'))?.[1];
