import { symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { editByHand, pathOf, rewriting } from '../helpers/by-hand.ts';
import { createItems } from '../helpers/items.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';

const DAMAGES: [what: string, damage: (path: string) => Promise<unknown>, rule: string][] = [
  ['bad YAML', rewriting((text) => text.replace('title: ', 'title: "')), 'yaml'],
  [
    'conflict markers',
    rewriting((text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`),
    'conflict',
  ],
  ["another item's id", rewriting((text) => text.replace(/^id: .*$/m, 'id: WRK-20200101-0001')), 'id'],
  ['an unknown status', rewriting((text) => text.replace(/^status: .*$/m, 'status: paused')), 'schema'],
  [
    'a status of another folder',
    rewriting((text) => text.replace(/^status: .*$/m, 'status: completed')),
    'status',
  ],
  ['bytes that are no text', rewriting(() => Buffer.from([0xff, 0xfe, 0x00, 0x80])), 'encoding'],
  ['line ends of Windows', rewriting((text) => text.replaceAll('\n', '\r\n')), 'crlf'],
  ['a byte order mark', rewriting((text) => `\uFEFF${text}`), 'bom'],
  ['nothing in it', rewriting(() => ''), 'yaml'],
  ['more in it than is allowed', rewriting((text) => `${text}# ${'x'.repeat(3_000_000)}\n`), 'size'],
  ['a link in its place', (path) => unlink(path).then(() => symlink('/etc/passwd', path)), 'mode'],
];

test('given files that a person broke in every way and pushed, when work goes on, then each stops its own item only and is named', async () => {
  const repo = await makeSharedRepo();
  const ada = await repo.init(await repo.clone('ada'));
  const ids = await createItems(ada, DAMAGES.length + 1);
  const [whole = '', ...broken] = ids;
  await editByHand(repo, async (dir) => {
    for (const [n, [, damage]] of DAMAGES.entries()) await damage(join(dir, pathOf(broken[n] ?? '')));
  });

  await ada.clone.fetch();
  const damaged = await ada.audit.damaged();
  expect(damaged.map(({ id }) => id).sort()).toEqual(broken);
  for (const [n, [what, , rule]] of DAMAGES.entries()) {
    const found = damaged.find(({ id }) => id === broken[n]);
    expect(found?.problem.rule, what).toBe(rule);
    expect(await refusalOf(ada.getWork(broken[n] ?? '')), what).toMatchObject({ code: 'DAMAGED_ITEM' });
    expect(await refusalOf(ada.claimWork(broken[n] ?? '')), what).toMatchObject({ code: 'DAMAGED_ITEM' });
  }
  expect((await ada.query.list()).map(({ id }) => id)).toEqual([whole]);
  await goesOn(ada, whole);
  expect((await ada.createWork({ title: 'Next' })).id).toMatch(`${DAMAGES.length + 2}`);
  expect(await ada.audit.verify()).toMatchObject({ ok: false });
});

async function goesOn(ledger: WorkLedger, id: string): Promise<void> {
  itemOf(await ledger.claimWork(id));
  itemOf(await ledger.completeWork(id));
  expect((await ledger.clone.status()).pending).toEqual([]);
}

test('given comments, other quotes and another order of keys, where nothing is checked, when the file is read, then it is the item, and is written anew as it should be', async () => {
  const repo = await makeSharedRepo();
  const clone = await repo.clone('ada');
  await repo.git(clone, 'config', 'ledger.check', 'off');
  const ada = await repo.init(clone);
  const [id = ''] = await createItems(ada, 1, { labels: ['a'] });
  const before = await ada.query.find(id);
  const change = rewriting((text) => {
    const keys = text
      .split(/^(?=[a-z])/m)
      .reverse()
      .join('');
    return `# by hand\n${keys.replace('title: Item 0', "title:   'Item 0' # the same")}`;
  });
  await editByHand(repo, (dir) => change(join(dir, pathOf(id))));
  await ada.clone.fetch();
  expect(await ada.audit.damaged()).toEqual([]);
  expect(await ada.query.find(id)).toEqual(before);
  await goesOn(ada, id);
});

test('given files that do not belong to a ledger, when work goes on, then they are named and in nobody’s way', async () => {
  const repo = await makeSharedRepo();
  const ada = await repo.init(await repo.clone('ada'));
  const [id = ''] = await createItems(ada, 1);
  await editByHand(repo, (dir) => writeFile(join(dir, 'notes.txt'), 'a note\n'));
  await ada.clone.fetch();
  expect(await ada.audit.damaged()).toMatchObject([{ path: 'notes.txt', id: undefined }]);
  await goesOn(ada, id);
  const files = await repo.git(repo.bare, 'ls-tree', '--name-only', 'work-ledger');
  expect(files.split('\n')).toContain('notes.txt');
});

test('given an edit by hand that was not pushed, when the clone syncs, then it is kept and told, and not pushed as a transition', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const ada = await repo.init(dir);
  const [id = ''] = await createItems(ada, 1);
  const bob = await repo.open(await repo.clone('bob'));
  const tree = await repo.git(dir, 'rev-parse', 'work-ledger^{tree}');
  const made = await repo.git(dir, 'commit-tree', '-m', 'by hand', '-p', 'work-ledger', tree);
  await repo.git(dir, 'update-ref', 'refs/heads/work-ledger', made);
  await bob.work.comment(id, 'moves the shared tip');
  expect(await ada.clone.sync()).toMatchObject({ accepted: 0, lost: [{ op: made }] });
  expect(await ada.clone.rejected()).toMatchObject([{ op: made, error: { code: 'VERIFICATION_FAILED' } }]);
  await goesOn(ada, id);
  expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
});
