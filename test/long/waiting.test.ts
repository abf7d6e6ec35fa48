import { expect, test } from 'vitest';
import { openSlowTerminal } from '../helpers/slow-terminal.ts';

test('given a remote that is slow, when it is asked on a real terminal, then a line says so until the answer comes', async () => {
  const terminal = await openSlowTerminal('2.6');
  await terminal.type('git config remote.origin.uploadpack slow-upload-pack');
  const { stdout } = await terminal.type("script --quiet --return --command 'wl sync' /dev/null");
  const parts = stdout.split('\r\u001b[K');
  expect(parts).toContain('waiting for origin… (fetch, 2 s)');
  expect(parts.at(-1)).toBe('in step with origin\r\n');
});
