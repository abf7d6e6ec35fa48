import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file of `src`. */
export interface Source {
  /** From `src` on, with slashes. */
  path: string;
  /** The folder of `src` that it is in; `entry` where it is in none. */
  layer: string;
  text: string;
  lines: number;
}

/** Every source file, by path. */
export const readSources = (root = ROOT): Source[] =>
  globSync('src/**/*.ts', { cwd: root })
    .sort()
    .map((file) => {
      const path = file.replaceAll('\\', '/').slice('src/'.length);
      const text = readFileSync(join(root, file), 'utf8');
      const [folder = '', rest] = path.split('/', 2);
      return { path, layer: rest === undefined ? 'entry' : folder, text, lines: text.split('\n').length - 1 };
    });
