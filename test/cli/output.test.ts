import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makeTempFolder } from '../helpers/temp-repo.ts';

const PROCESS = join(import.meta.dirname, '../../src/cli/process.ts');
const program = `
  const { inProcess } = await import(${JSON.stringify(PROCESS)});
  inProcess(async (_argv, { stdout }) => {
    for (let line = 0; line < 2000; line += 1) stdout.write(String(line).padStart(99, 'é') + '\\n');
    return 0;
  });
`;
const expected = Array.from({ length: 2000 }, (_, line) => `${String(line).padStart(99, 'é')}\n`).join('');

it('given a pipe that has no room and does not wait, when much is written, then all of it arrives in order', async () => {
  const { path, cleanup } = await makeTempFolder();
  const fifo = join(path, 'fifo');
  execFileSync('sh', ['-c', 'mkfifo "$0"', fifo]);
  const opened = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  // Reading waits; it could be opened only once there was a writer.
  const reading = openSync(fifo, constants.O_RDONLY);
  closeSync(opened);
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', writing, 'inherit'],
  });
  const closed = once(child, 'close');
  closeSync(writing);
  // Long enough for the pipe to fill; whether it did changes nothing about what has to arrive.
  await setTimeout(300);
  let read = '';
  const stream = createReadStream(fifo, { fd: reading, encoding: 'utf8' });
  stream.on('data', (part) => {
    read += part;
  });
  const [[status]] = await Promise.all([closed, once(stream, 'close')]);
  expect(status).toBe(0);
  expect(read === expected).toBe(true);
  await cleanup();
});

it('given a reader that is gone, when something is written, then the program ends quietly with 0', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(stderr).toBe('');
});
