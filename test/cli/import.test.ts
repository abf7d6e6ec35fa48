import { existsSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let [a, b] = ['', ''];

beforeAll(async () => {
  place = await makeWorkplace();
  [a, b] = [await place.clone('a'), await place.clone('b')];
  for (const dir of [a, b]) await wl(dir, ['init']);
});
afterAll(() => place.cleanup());

async function fileOf(...ids: string[]): Promise<string> {
  const path = join(place.path, `${ids.join('-')}.jsonl`);
  const day = '2026-01-01T00:00:00Z';
  const lines = ids.map((id) =>
    JSON.stringify({ id, title: `${id} itself`, status: 'open', created_at: day, updated_at: day }),
  );
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

/** Holds the next push up on the server while `act` goes on elsewhere. */
async function whileHeld<T>(pushes: () => Promise<T>, act: () => Promise<unknown>): Promise<T> {
  const [hook, held, go] = [
    join(place.remote, 'hooks/pre-receive'),
    join(place.path, 'held'),
    join(place.path, 'go'),
  ];
  await writeFile(
    hook,
    `#!/bin/sh\ncat >/dev/null\nmkdir '${held}' 2>/dev/null || exit 0\nwhile [ ! -e '${go}' ]; do sleep 0.02; done\n`,
  );
  await chmod(hook, 0o755);
  const pushing = pushes();
  while (!existsSync(held)) await new Promise((resolve) => setTimeout(resolve, 10));
  await act();
  await writeFile(go, '');
  return pushing;
}

it('wl import that loses the race tells the ids that its items have, and which were there already', async () => {
  const file = await fileOf('k-1', 'k-2', 'k-3');
  const said = await whileHeld(
    () => wl(b, ['import', file, '--from', 'beads', '--json']),
    async () => wl(a, ['import', await fileOf('x-1', 'k-2'), '--from', 'beads']),
  );
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.data).toMatchObject({ records: 3, planned: 3, imported: 2, unchanged: 1, failed: {} });
  const told = { ...(said.data.ids as object), ...(said.data.present as object) } as Record<string, string>;
  expect(Object.keys(said.data.present as object)).toEqual(['k-2']);
  for (const dir of [a, b]) {
    await wl(dir, ['sync']);
    for (const [source_id, id] of Object.entries(told))
      expect((await wl(dir, ['show', id, '--json'])).data.title).toBe(`${source_id} itself`);
  }
  expect((await wl(a, ['list', '--all', '--json'])).list).toHaveLength(4);
  expect((await wl(b, ['verify'])).status).toBe(0);

  const again = await wl(b, ['import', file, '--from', 'beads']);
  expect(again.stdout).toMatch(/^imported 0 of 3 records\n {2}3 here already, /);
  for (const [source_id, id] of Object.entries(told))
    expect(again.stdout).toMatch(new RegExp(`^ {2}${source_id} +${id} +here already$`, 'm'));
  const quiet = await wl(b, ['import', file, '--from', 'beads', '-q']);
  expect(quiet.stdout.trim().split('\n').sort()).toEqual(Object.values(told).sort());
});

it('wl import --dry-run tells no id that is not settled', async () => {
  const said = await wl(b, ['import', await fileOf('k-1', 'k-4'), '--from', 'beads', '--dry-run', '--json']);
  expect(said.data).toMatchObject({ planned: 1, imported: 0, unchanged: 1, ids: {} });
  expect(Object.keys(said.data.present as object)).toEqual(['k-1']);
});

it('wl import says where a record is of another item that only has the same id', async () => {
  const file = join(place.path, 'other.jsonl');
  await writeFile(file, '{"id":"k-1","title":"Of another project","created_at":"2025-05-05T00:00:00Z"}\n');
  const said = await wl(b, ['import', file, '--from', 'beads', '--json']);
  expect(said.data).toMatchObject({
    imported: 0,
    unchanged: 1,
    notes: [{ source_id: 'k-1', rule: 'same_id' }],
  });
});

it('wl import of which a part is refused imports the rest, names what is missing, and does not exit with 0', async () => {
  const policy = join(place.path, 'policy.yaml');
  await writeFile(
    policy,
    'roles:\n  leads:\n    members: [lead]\nallow:\n  - verbs: [import]\n    labels: [secret]\n    roles: [leads]\n',
  );
  expect((await wl(a, ['config', 'apply', policy])).status).toBe(0);
  const file = join(place.path, 'part.jsonl');
  await writeFile(file, '{"id":"p-1","title":"Secret","labels":["secret"]}\n{"id":"p-2","title":"Open"}\n');
  const said = await wl(b, ['import', file, '--from', 'beads', '--json']);
  expect(said).toMatchObject({ status: 4, error: { code: 'POLICY_DENIED' } });
  expect(said.data).toMatchObject({ imported: 1, failed: { 'p-1': 'POLICY_DENIED' } });
  expect(Object.keys(said.data.ids as object)).toEqual(['p-2']);
});

it('wl import where the remote is away imports nothing and exits with 7', async () => {
  await rename(place.remote, `${place.remote}.away`);
  const said = await wl(b, ['import', await fileOf('k-9'), '--from', 'beads', '--json']);
  expect(said).toMatchObject({ status: 7, stdout: '', error: { code: 'REMOTE_UNREACHABLE' } });
  expect((await wl(b, ['list', '--json'])).list.map(({ title }) => title)).not.toContain('k-9 itself');
  await rename(`${place.remote}.away`, place.remote);
});
