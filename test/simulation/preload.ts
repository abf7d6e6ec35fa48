import { globSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

/** Layers of which modules are loaded when they are first needed. */
const LAZY = '{agents,audit,domain,ledger,projection,query,remote,sync}/**/*.ts';

let loaded: Promise<unknown> | undefined;

/** Loads what simulated code would load later: reading files takes real time, and a run must not wait for any. */
export function preload(): Promise<unknown> {
  const files = globSync(LAZY, { cwd: SOURCE });
  loaded ??= Promise.all(files.map((file) => import(pathToFileURL(SOURCE + file).href)));
  return loaded;
}
