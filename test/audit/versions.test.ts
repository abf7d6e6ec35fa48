import { expect, it } from 'vitest';
import { blameFields, diffVersions, readVersions, type Version } from '../../src/audit/diff.ts';
import { NativeStore } from '../../src/store/native.ts';
import { type ForgedCommit, forge } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST } from './honest.ts';

const forger = new Forger();

async function versionsOf(commits: readonly ForgedCommit[]): Promise<Version[]> {
  const store = new NativeStore(forger.gitDir);
  try {
    return await readVersions(store, await forger.write(commits), FIRST);
  } finally {
    await store.close();
  }
}

it('given a version that cannot be read, then it is refused by name, others are compared, and blame passes over it', async () => {
  const broken = forge(forger.history, `checkpoint ${FIRST}`, ({ files }) => ({
    files: files.map((file) => ({ ...file, text: 'title: [' })),
  }));
  const rest = forger.history.slice(broken.length);
  const versions = await versionsOf([...broken, ...rest]);
  expect(() => diffVersions(FIRST, versions, '2..3')).toThrow(
    expect.objectContaining({ code: 'DAMAGED_ITEM' }),
  );
  expect(diffVersions(FIRST, versions, '1..4').changes).toContainEqual({
    field: 'status',
    before: 'pending',
    after: 'completed',
  });
  const step = blameFields(versions).find(({ field }) => field === 'checkpoint.step');
  expect(step).toMatchObject({ value: 'half', by: { verb: 'complete' } });
});

it('given a commit by hand that changed an item, then its author is blamed', async () => {
  const last = forger.history.findLast(({ message }) => message.startsWith(`complete ${FIRST}`));
  const byHand: ForgedCommit = {
    message: 'by hand\n',
    author: 'eve',
    at: 1_767_438_000,
    files: (last?.files ?? []).map(({ path, text }) => ({
      path,
      text: typeof text === 'string' ? text.replace(/^title: .*$/m, 'title: Mine') : text,
    })),
  };
  const blame = blameFields(await versionsOf([...forger.history, byHand]));
  expect(blame.find(({ field }) => field === 'title')).toMatchObject({
    value: 'Mine',
    by: { actor: 'eve', verb: 'unknown' },
  });
  expect(blame.find(({ field }) => field === 'description')).toMatchObject({ by: { verb: 'create' } });
});

it('given an id that was never given, then it has no versions', async () => {
  const store = new NativeStore(forger.gitDir);
  const tip = await forger.write(forger.history);
  expect(await readVersions(store, tip, 'WRK-20260103-0099')).toEqual([]);
  await store.close();
});
