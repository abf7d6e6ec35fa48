import { parse } from 'yaml';
import type { Oid } from '../../../src/store/port.ts';
import { entriesOf, type ObjectPool } from '../world/objects.ts';

/** An item as its file has it: what the file says, and nothing that the program makes of it. */
export type ItemFile = Readonly<Record<string, unknown>>;

/** What a ledger's settings say of who may do what, as the file has it. */
export interface Settings {
  roles?: Readonly<Record<string, { members: readonly string[] }>>;
  allow?: readonly { verbs: readonly string[]; roles: readonly string[] }[];
  review?: readonly { types?: readonly string[]; approvals?: number }[];
}

const ITEM = /^[A-Z]+-\d{8}-\w+\.yaml$/;

/** A commit of the branch, read without the program that is being judged. */
export interface LedgerCommit {
  oid: Oid;
  parent: Oid | undefined;
  author: string;
  op: string | undefined;
  verb: string | undefined;
  id: string | undefined;
  epoch: number | undefined;
  execution: string | undefined;
  reason: string | undefined;
  committed_at: number;
  /** The latest time that it records, in seconds: when it was made, or when it was asked for. */
  recorded_at: number;
  /** The clone that made it; empty where a person did. */
  clone: string;
}

/** Reads a ledger from its objects, by git's format and docs/format.md. */
export class History {
  readonly #objects: ObjectPool;
  readonly #files = new Map<Oid, ReadonlyMap<string, Oid>>();
  readonly #items = new Map<Oid, ItemFile>();

  constructor(objects: ObjectPool) {
    this.#objects = objects;
  }

  /** The commits that lead to `tip`, along first parents, oldest first. */
  lineTo(tip: Oid | undefined): LedgerCommit[] {
    const line: LedgerCommit[] = [];
    for (let at = tip; at !== undefined; at = line.at(-1)?.parent) line.push(this.commit(at));
    return line.reverse();
  }

  commit(oid: Oid): LedgerCommit {
    const text = this.#text(oid);
    const end = text.indexOf('\n\n');
    const [head, message] = [text.slice(0, end), text.slice(end + 2)];
    const trailer = (name: string): string | undefined =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(message.trimEnd().split('\n\n').at(-1) ?? '')?.[1];
    const epoch = trailer('Work-Epoch');
    const committed_at = Number(/^committer .* (\d+) \+0000$/m.exec(head)?.[1]);
    const asked_at = Math.floor(Date.parse(trailer('Work-At') ?? '') / 1_000) || 0;
    return {
      oid,
      parent: /^parent (\w+)$/m.exec(head)?.[1],
      author: /^author (.*) <[^>]*> \d+ \+0000$/m.exec(head)?.[1] ?? '',
      op: trailer('Work-Op'),
      verb: trailer('Work-Verb'),
      id: trailer('Work-Item'),
      epoch: epoch === undefined ? undefined : Number(epoch),
      execution: trailer('Work-Execution'),
      reason: trailer('Work-Reason'),
      clone: /^committer .* <(\w+)@example\.org> /m.exec(head)?.[1] ?? '',
      committed_at,
      recorded_at: Math.max(committed_at, asked_at),
    };
  }

  /** An item as it stands at a commit; `undefined` where it is not there. */
  item(commit: Oid | undefined, id: string): ItemFile | undefined {
    return this.#read(this.#filesAt(commit).get(`${id}.yaml`));
  }

  /** All items as they stand at a commit. */
  items(commit: Oid | undefined): ItemFile[] {
    return [...this.#filesAt(commit)].flatMap(([name, file]) =>
      ITEM.test(name) ? [this.#read(file) ?? {}] : [],
    );
  }

  /** The settings at a commit. */
  settings(commit: Oid | undefined): Settings {
    return (this.#read(this.#filesAt(commit).get('ledger.yaml')) ?? {}) as Settings;
  }

  #filesAt(commit: Oid | undefined): ReadonlyMap<string, Oid> {
    if (commit === undefined) return new Map();
    return this.#filesOf(/^tree (\w+)$/m.exec(this.#text(commit))?.[1] ?? '');
  }

  #read(file: Oid | undefined): ItemFile | undefined {
    if (file === undefined) return undefined;
    const known = this.#items.get(file) ?? (parse(this.#text(file)) as ItemFile);
    this.#items.set(file, known);
    return known;
  }

  /** All files below a tree, by the last part of their names: those of items differ in it. */
  #filesOf(tree: Oid): ReadonlyMap<string, Oid> {
    const known = this.#files.get(tree);
    if (known !== undefined) return known;
    const files = new Map<string, Oid>();
    for (const { mode, name, oid } of entriesOf(this.#bytes(tree))) {
      if (mode !== '40000') files.set(name, oid);
      else for (const [below, file] of this.#filesOf(oid)) files.set(below, file);
    }
    this.#files.set(tree, files);
    return files;
  }

  #text(oid: Oid): string {
    return Buffer.from(this.#bytes(oid)).toString();
  }

  #bytes(oid: Oid): Uint8Array {
    const object = this.#objects.get(oid);
    if (object === undefined) throw new Error(`there is no object ${oid}`);
    return object.bytes;
  }
}
