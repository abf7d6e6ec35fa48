// Whose code users get: packages that npm installs with this one, and packages that a bundle took in.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  version: string;
  integrity?: string;
  license?: string;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
}

export interface Shipped extends Omit<Locked, 'dependencies'> {
  name: string;
  /** What of it this package itself contains. */
  bundled: boolean;
}

/** Licences under which a package can be passed on with this one, by their SPDX names. Another one is a person's decision. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Zlib',
]);

/** @param license an SPDX expression; of alternatives one is enough */
export const isAllowed = (license = ''): boolean =>
  license
    .replaceAll(/[()]/g, ' ')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => ALLOWED.has(one.trim())));

/** @param root the folder of this package, with its lock file and what was built */
export function shippedWith(root: string): Shipped[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const bundled = bundledIn(root);
  const installed = installedBy(packages);
  const found = Object.entries(packages).flatMap(([path, locked]): Shipped[] => {
    const { dependencies, ...about } = locked;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const inBundle = path !== '' && bundled.delete(`${name} ${locked.version}`);
    return inBundle || installed.has(path) ? [{ name, ...about, bundled: inBundle }] : [];
  });
  if (bundled.size > 0) throw new Error(`the lock file has not what was bundled: ${[...bundled].join(', ')}`);
  return found;
}

/** Names and versions, as `licenses.ts` wrote them beside the bundles. */
function bundledIn(root: string): Set<string> {
  const text = readFileSync(join(root, 'dist/cli/licenses.txt'), 'utf8');
  return new Set([...text.matchAll(/^(\S+ \d+\.\S+) \(.+\)$/gm)].map(([, one = '']) => one));
}

/** Folders of all that npm installs for those who use the package, as node finds them. */
function installedBy(packages: Readonly<Record<string, Locked>>): Set<string> {
  const found = new Set<string>();
  const left = [''];
  for (const from of left)
    for (const name of Object.keys(packages[from]?.dependencies ?? {})) {
      const path = folderOf(name, from, packages);
      if (found.has(path)) continue;
      found.add(path);
      left.push(path);
    }
  return found;
}

function folderOf(name: string, from: string, packages: Readonly<Record<string, Locked>>): string {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') throw new Error(`the lock file has no ${name} for ${from}`);
  }
}
