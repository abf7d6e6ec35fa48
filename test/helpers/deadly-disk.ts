import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** When a process dies by SIGKILL: when a file comes to stand at a path that ends so, or begins to. */
export interface DiskBlow {
  path: string;
  when: 'before' | 'after';
}

const REF = 'refs/heads/work-ledger';

/** Before and after each step in a process by which a transition becomes the tip. */
export const DISK_MOMENTS: [name: string, blow: DiskBlow][] = (
  [
    ['an object', 'objects/'],
    ['the lock', `${REF}.lock`],
    ['the tip', REF],
  ] as const
).flatMap(([name, path]): [string, DiskBlow][] => [
  [`before ${name} is there`, { path, when: 'before' }],
  [`after ${name} is there`, { path, when: 'after' }],
]);

/** @returns what NODE_OPTIONS must be for a process that is to be struck */
export function deadlyDisk(folder: string, { path, when }: DiskBlow): string {
  const script = join(mkdtempSync(join(folder, 'deadly-')), 'preload.mjs');
  writeFileSync(
    script,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const struck = ${JSON.stringify(path)};
const hits = (to) => (struck.endsWith('/') ? to.includes(struck) : to.endsWith(struck));
for (const name of ['renameSync', 'linkSync']) {
  const real = fs[name];
  fs[name] = (from, to) => {
    if (!hits(String(to))) return real(from, to);
    ${when === 'after' ? 'real(from, to);' : ''}
    process.kill(process.pid, 'SIGKILL');
  };
}
syncBuiltinESMExports();
`,
  );
  return `--import=${pathToFileURL(script)}`;
}
