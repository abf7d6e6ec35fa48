import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

let place: Workplace;
const call = (...args: string[]): Promise<Said> => wl(place.remote, args);

beforeEach(async () => {
  place = await makeWorkplace();
  await call('init');
});
afterEach(() => place.cleanup());

async function apply(text: string): Promise<Said> {
  const file = join(place.path, 'policy.yaml');
  await writeFile(file, text);
  return call('config', 'apply', file);
}

it('given no policy, when it is explained, then that is said', async () => {
  expect((await call('config', 'explain')).stdout).toBe(
    'There is no policy: all that the table of transitions has is allowed.\n',
  );
  expect((await call('config', 'explain', 'claim')).stdout).toContain('No rule of `allow` names the verb');
  expect((await call('config', 'get', 'allow')).stdout).toBe('[]\n');
});

it('given a file of settings, when it is applied, then what it names changes, and a key without a value goes', async () => {
  expect((await apply('max_attempts: 7\nroles:\n  leads:\n    members: [lea]\n')).stdout).toContain(
    'as the file says',
  );
  await call('config', 'set', 'roles.workers', 'ada, team/*');
  expect((await call('config', 'get', 'roles.workers')).stdout).toBe('{"members":["ada","team/*"]}\n');
  expect((await apply('roles:\n  leads:\nmax_attempts: 7\n')).status).toBe(0);
  const { envelope } = await call('config', '--json');
  expect(envelope).toMatchObject({ data: { shared: { max_attempts: 7, roles: { workers: {} } } } });
  expect((await call('config', 'get', 'roles.leads')).stdout).toBe('null\n');
  expect((await apply('max_attempts: 7\n')).stdout).toBe('all of it stands already\n');
});

it('given a role with keys, when its members are set, then its keys stay', async () => {
  await apply(`roles:\n  leads:\n    members: [lea]\n    keys: ["ssh-ed25519 ${'A'.repeat(68)}"]\n`);
  await call('config', 'set', 'roles.leads', 'bob');
  expect(JSON.parse((await call('config', 'get', 'roles.leads')).stdout)).toEqual({
    members: ['bob'],
    keys: [`ssh-ed25519 ${'A'.repeat(68)}`],
  });
});

it.each([
  ['a key that is none', 'colour: red\n', 'There is no setting "colour"'],
  ['text that is no YAML', 'roles: [\n', 'cannot be read'],
  ['an alias', 'roles: &a {}\nlimits: *a\n', 'alias'],
  ['a verb that is none', 'allow:\n  - verbs: [fly]\n    roles: []\n', 'allow'],
])(
  'given a file with %s, when it is applied, then it is refused, and nothing changes',
  async (_what, text, told) => {
    const said = await apply(text);
    expect(said.status).toBe(2);
    expect(said.stderr).toContain(told);
    expect((await call('log')).stdout.trim().split('\n')).toHaveLength(1);
  },
);

it('given a policy, when it refuses, then the exit status is that of what is not yours to do, and --json has the rule', async () => {
  await apply(
    'roles:\n  leads:\n    members: [lea]\nallow:\n  - verbs: [claim]\n    roles: [leads]\nreview:\n  - {}\n',
  );
  const { id } = await call('create', 'x', '-q').then(({ stdout }) => ({ id: stdout.trim() }));
  const refused = await call('claim', id, '--json');
  expect(refused.status).toBe(4);
  expect(JSON.parse(refused.stderr)).toMatchObject({
    error: { code: 'POLICY_DENIED', details: { rule: 1, roles: ['leads'] } },
  });
  await call('claim', id, '--actor', 'lea');
  expect((await call('complete', id, '--actor', 'lea')).status).toBe(4);
  expect((await call('config', 'explain', 'claim', id, '--for', 'lea', '--json')).envelope).toMatchObject({
    data: { allowed: false, refusal: { code: 'ALREADY_CLAIMED' }, decides: 1, roles: ['leads'] },
  });
  expect((await call('config', 'explain', 'fly')).status).toBe(2);
});

it.each([
  ['allow', '{'],
  ['roles', 'leads'],
  ['retention_days', '-1'],
  ['signatures', 'perhaps'],
  ['roles.owner', 'ada'],
])('given %s, when it is set to %s, then it is refused', async (key, value) => {
  expect((await call('config', 'set', key, value)).status).toBe(2);
});

it('given days that ended work is kept, when expired files are deleted, then only those whose time is over', async () => {
  await call('config', 'set', 'on_complete', 'delete');
  await call('config', 'set', 'retention_days', '30');
  for (const title of ['One', 'Two']) await call('create', title);
  expect((await call('complete', '0001', '--yes')).status).toBe(0);
  const { status, stderr } = await call('delete', '0001', '--yes');
  expect({ status, told: stderr.includes('is kept until') }).toEqual({ status: 4, told: true });
  expect((await call('delete', '--expired', '--yes')).stdout).toBe('nothing was kept for long enough\n');
  await call('config', 'set', 'retention_days', '0');
  expect((await call('complete', '0002')).status).toBe(0);
  expect((await call('delete', '--expired', '--yes')).stdout).toContain('0001; its history stays');
  expect((await call('list', '--all')).stdout).toBe('');
  expect((await call('delete', '--yes')).status).toBe(2);
});
