import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Linux has a file system in memory here. What survives a loss of power is no test's business, and a disk is slow to sync. */
const MEMORY = '/dev/shm';

/** Before all tests; what it returns comes after all. */
export function setup(): () => void {
  buildProgram();
  return keepTempFoldersInMemory();
}

function keepTempFoldersInMemory(): () => void {
  try {
    accessSync(MEMORY, constants.W_OK);
  } catch {
    return () => undefined;
  }
  const folder = mkdtempSync(join(MEMORY, 'work-ledger-tests-'));
  // Some tests act as another user, who has to get in.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Builds the program that users run, where a source is newer than it: tests that start a process start that. */
function buildProgram(): void {
  const sources = globSync(['src/**/*.ts', '.ci/bundle.ts', 'package-lock.json'], { cwd: ROOT });
  const newest = Math.max(...sources.map((file) => statSync(join(ROOT, file)).mtimeMs));
  const built = statSync(join(ROOT, 'dist/cli/licenses.txt'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built < newest) execFileSync(process.execPath, ['.ci/bundle.ts'], { cwd: ROOT, stdio: 'inherit' });
}
