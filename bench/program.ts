import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

interface Package {
  bin: { wl: string };
  exports: { '.': { default: string } };
}

const built = (pick: (manifest: Package) => string): string => {
  const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as Package;
  const file = join(PROJECT, pick(manifest));
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`npm run build\` first.`);
  return file;
};

/** The least that any program on this Node costs: what others are compared with. */
export const NODE: readonly string[] = [process.execPath, '-e', '0'];

/** The command line of the built program, on this Node. */
export function wl(...args: readonly string[]): readonly string[] {
  return [process.execPath, built(({ bin }) => bin.wl), ...args];
}

/** The address of the built library. */
export const libraryUrl = (): string =>
  pathToFileURL(built((manifest) => manifest.exports['.'].default)).href;

/** The built library. Imported by its address, since it need not be there when this is compiled. */
export async function loadLibrary(): Promise<typeof import('../src/index.ts')> {
  return (await import(libraryUrl())) as typeof import('../src/index.ts');
}
