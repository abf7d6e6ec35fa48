import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { GitObject } from '../../src/git/model/object.ts';
import type { Oid } from '../../src/store/port.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';

const TYPES = { commit: 1, tree: 2, blob: 3, tag: 4 } as const;
const FAST = { level: 1 };

/** A pack of objects, as they are, also where git would not have made them. */
function packOf(objects: ReadonlyMap<Oid, GitObject>): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.size, 8);
  const parts: Buffer[] = [head];
  for (const { type, bytes } of objects.values()) {
    const header: number[] = [];
    let size = bytes.length >>> 4;
    let byte = (TYPES[type] << 4) | (bytes.length & 15);
    for (; size > 0; size >>>= 7) {
      header.push(byte | 128);
      byte = size & 127;
    }
    parts.push(Buffer.from([...header, byte]), deflateSync(bytes, FAST));
  }
  const pack = Buffer.concat(parts);
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

/** A bare repository that holds whatever objects it is given, for git to say what it thinks of them. */
export class PlainGit {
  readonly dir = mkdtempSync(join(tmpdir(), 'wl-fuzz-'));
  #refs = 0;
  #lines: string[] = [];

  constructor() {
    this.#git(['init', '--quiet', '--bare', '.']);
    // The hook and the program are asked as well, and want a name.
    for (const [key, value] of [
      ['user.name', 'host'],
      ['user.email', 'host@example.invalid'],
    ] as const)
      this.#git(['config', key, value]);
    mkdirSync(join(this.dir, 'objects/pack'), { recursive: true });
  }

  put(objects: ReadonlyMap<Oid, GitObject>): void {
    if (objects.size > 0) this.#git(['index-pack', '--stdin'], packOf(objects));
  }

  /** Refs that are told to git together, by `settle`. */
  name(tip: Oid): void {
    this.#refs += 1;
    this.#lines.push(`${tip} refs/heads/fuzz-${String(this.#refs).padStart(6, '0')}\n`);
  }

  settle(): void {
    writeFileSync(join(this.dir, 'packed-refs'), this.#lines.join(''));
  }

  /** What git's strictest check says, by the objects that it names. */
  check(): Map<Oid, string> {
    const { stdout, stderr } = this.#run([
      'fsck',
      '--strict',
      '--full',
      '--no-dangling',
      '--no-progress',
      '--no-reflogs',
    ]);
    const found = new Map<Oid, string>();
    for (const line of `${stdout}\n${stderr}`.split('\n'))
      for (const [oid] of line.matchAll(/\b[0-9a-f]{40}\b/g)) if (!found.has(oid)) found.set(oid, line);
    return found;
  }

  /** The trailers that git reads in each message: `Key: value` lines. */
  trailersOf(commits: readonly Oid[]): Map<Oid, string[]> {
    const format = '--format=%H%x00%(trailers:only,unfold)%x00';
    const input = Buffer.from(commits.map((oid) => `${oid}\n`).join(''));
    const { stdout } = this.#run(
      ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', format],
      input,
    );
    const parts = stdout.split('\0');
    const found = new Map<Oid, string[]>();
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const lines = (parts[at + 1] ?? '').split('\n').filter((line) => line !== '');
      found.set((parts[at] ?? '').trim(), lines);
    }
    return found;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }

  #git(args: readonly string[], input?: Buffer): void {
    const { status, stderr } = this.#run(args, input);
    if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  }

  #run(args: readonly string[], input?: Buffer) {
    const { status, stdout, stderr } = spawnSync('git', ['--git-dir', this.dir, ...args], {
      env: isolatedEnv(),
      cwd: this.dir,
      input,
      maxBuffer: 1024 ** 3,
    });
    return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString('latin1') };
  }
}
