import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWorkplace, type Said, type Workplace, wl } from '../cli/workplace.ts';
import { runGit } from '../helpers/temp-repo.ts';

// Zoe was of the team. Her clone has what she did before, and her access to the remote is still there.
let place: Workplace;
let ada: string;
let zoe: string;
const as = (dir: string, actor: string, ...args: string[]): Promise<Said> =>
  wl(dir, [...args, '--actor', actor]);

async function apply(members: string): Promise<void> {
  const policy = join(place.path, 'policy.yaml');
  await writeFile(
    policy,
    `roles:\n  team:\n    members: [${members}]\nallow:\n  - verbs: ["*"]\n    roles: [team]\n  - verbs: [configure]\n    roles: [team]\n`,
  );
  expect(await as(ada, 'ada', 'config', 'apply', policy)).toMatchObject({ status: 0 });
}

beforeEach(async () => {
  place = await makeWorkplace();
  ada = await place.clone('ada');
  zoe = await place.clone('zoe');
  await as(ada, 'ada', 'init');
  await apply('ada, zoe');
  await as(ada, 'ada', 'create', 'One');
  await as(zoe, 'zoe', 'sync');
});
afterEach(() => place.cleanup());

test('given what waited in a past member’s clone, when it is synced, then it is decided by the policy of now, and kept there alone', async () => {
  expect(await as(zoe, 'zoe', '--offline', 'comment', '1', 'from before')).toMatchObject({ status: 0 });
  await apply('ada');
  const tip = await runGit(place.remote, ['rev-parse', 'work-ledger']);
  const said = await as(zoe, 'zoe', 'sync');
  expect(said.status).not.toBe(0);
  expect(said.stderr).toContain('zoe may not comment');
  expect((await as(zoe, 'zoe', 'rejected', '--json')).list).toMatchObject([{ verb: 'comment' }]);
  expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(tip);
});

test('given a past member’s claim, when it completes, then it is refused, and others get the work back', async () => {
  expect(await as(zoe, 'zoe', 'claim', '1')).toMatchObject({ status: 0 });
  await as(ada, 'ada', 'sync');
  await apply('ada');
  expect(await as(zoe, 'zoe', 'complete', '1')).toMatchObject({ status: 4 });
  const later = { env: { WL_NOW: '2026-01-04T13:00:00Z' } };
  expect(await wl(ada, ['recover', '--actor', 'ada'], later)).toMatchObject({ status: 0 });
  expect(await wl(ada, ['claim', '1', '--actor', 'ada'], later)).toMatchObject({ status: 0 });
});
