// Installs what the lock file names where it is missing or older. Runs on the machine's own Node, whatever its version; npm
// scripts run on the Node that is installed here.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const changed = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const installed = changed(`${root}node_modules/.package-lock.json`);

if (installed === 0 || installed < changed(`${root}package-lock.json`)) {
  console.error('installing dependencies (npm ci) ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}
