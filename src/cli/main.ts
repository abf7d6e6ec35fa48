#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

// Everything else is imported after this check, so that an older Node says what it lacks instead of a syntax error.
const NEEDED = 24;
const [major = '0'] = process.versions.node.split('.');

/** In a checkout, the Node that npm installed beside it serves where the machine's own is too old. */
const pinned = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

if (Number(major) < NEEDED && existsSync(pinned)) {
  const self = fileURLToPath(import.meta.url);
  const { status } = spawnSync(pinned, [self, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else if (Number(major) < NEEDED) {
  process.stderr.write(`wl: this needs Node ${NEEDED} or newer; it runs on ${process.version}.\n`);
  process.stderr.write('hint: Install it from https://nodejs.org, and put it first on PATH.\n');
  process.exitCode = 2;
} else {
  module.enableCompileCache?.();
  process.on('SIGINT', () => process.exit(130));
  process.stdout.on('error', leaveQuietly);
  process.stderr.on('error', leaveQuietly);
  const { run } = await import('./program.ts');
  process.exitCode = await run(process.argv.slice(2), process);
  // What still runs, such as a timer, is nothing to wait for once everything is said.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

/** Whoever read the output has seen enough. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
