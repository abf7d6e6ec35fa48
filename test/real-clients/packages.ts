// Clients that the program is tried with, each in its version, in a folder of the user's cache: they are too heavy to be installed
// with every checkout.
//
// node test/real-clients/packages.ts    installs what is missing
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = {
  '@anthropic-ai/claude-code': '2.1.332',
  '@google/gemini-cli': '0.61.0',
  '@modelcontextprotocol/conformance': '0.1.16',
  '@modelcontextprotocol/inspector': '2.12.0',
  '@openai/codex': '0.171.0',
} as const;
type Package = keyof typeof VERSIONS;

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'work-ledger-clients');

const folderOf = (name: Package): string => join(CACHE, `${name.replace('/', '+')}-${VERSIONS[name]}`);

/** A program of a package that is installed. */
export const programOf = (name: Package, program: string): string =>
  join(folderOf(name), 'node_modules/.bin', program);

function install(name: Package): void {
  const folder = folderOf(name);
  const done = join(folder, 'installed');
  if (existsSync(done)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const call = ['install', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${VERSIONS[name]}`];
  // A package of these says by a script of its own which system it is for.
  execFileSync('npm', call, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(done, '');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of Object.keys(VERSIONS) as Package[]) {
    process.stderr.write(`${name} ${VERSIONS[name]}\n`);
    install(name);
  }
