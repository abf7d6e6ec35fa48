import { renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeFolder } from '../node.ts';

/** Of a clone, what can be wrong with it: with what git keeps, with what this program keeps beside it, or around both. */
export type FaultKind =
  | 'repository'
  | 'config'
  | 'lock'
  | 'state'
  | 'ref'
  | 'objects'
  | 'branch'
  | 'rules'
  | 'remote'
  | 'index'
  | 'merging';

/** Something of a clone that is not as it must be. */
export interface Fault {
  kind: FaultKind;
  /** In one sentence without its full stop. */
  wrong: string;
  /** What helps: safe to do as it stands. */
  how: string;
  /** Mends it, where that can lose nothing. @returns what was done, in the past tense */
  repair?: (() => Promise<string>) | undefined;
}

/** Where what is moved out of the way goes: beside local state, since that may be what is broken. */
export const brokenFolder = (gitDir: string): string => join(gitDir, 'work-ledger-broken');

/**
 * Moves a file or a folder out of the way, to where a person finds it.
 *
 * @returns what was done
 */
export function setAside(gitDir: string, path: string, now: number): string {
  const folder = brokenFolder(gitDir);
  makeFolder(folder);
  const stamp = new Date(now).toISOString().replaceAll(/\D/g, '').slice(0, 17);
  const to = join(folder, `${stamp}-${relative(gitDir, path).replaceAll(/[/\\]/g, '_')}`);
  renameSync(path, to);
  return `moved ${path} to ${to}`;
}
