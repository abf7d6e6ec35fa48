import { expect, test, vi } from 'vitest';
import { beginPart, expectPart, part } from './agents-page.ts';

// Each types a dozen commands, and each of these is a process that pushes.
vi.setConfig({ testTimeout: 120_000 });

test.each(['## Failing and trying again', '## Asking a person', '## By hand'])(
  'given the part "%s" of docs/agents.md, when its commands are typed, then they print what it says',
  async (heading) => {
    await expectPart(part(heading));
  },
);

test('given the commands that docs/agents.md names in passing, when they are typed, then they are as it says', async () => {
  const terminal = await beginPart('');
  await terminal.type('wl create "One" && wl claim 1');
  expect(await terminal.type('wl presence')).toMatchObject({ status: 0 });
  expect(await terminal.type('wl resume -q')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^WRK-\d{8}-0001\n$/),
  });
  expect(await terminal.type('wl recover')).toMatchObject({ status: 0 });
  expect(await terminal.type('wl escalate 1 "Now?"')).toMatchObject({ status: 10 });
  expect(await terminal.type('wl next --claim --wait --timeout 1')).toMatchObject({ status: 0, stdout: '' });
});
