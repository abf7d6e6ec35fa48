import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { runGit } from '../helpers/temp-repo.ts';

// A push that fails for a reason of git's or the server's own is no race: it is told at once, in their words, and what is pending waits.

interface Way {
  /** Has the remote take nothing from the clone in `dir`. */
  deny(repo: SharedRepo, dir: string): Promise<unknown>;
  allow(repo: SharedRepo, dir: string): Promise<unknown>;
  says: string;
}

const LOCK = 'refs/heads/work-ledger.lock';
const setting = (key: string, value: string): Pick<Way, 'deny' | 'allow'> => ({
  deny: (_, dir) => runGit(dir, ['config', key, value]),
  allow: (_, dir) => runGit(dir, ['config', '--unset', key]),
});

const WAYS: Record<string, Way> = {
  'asks for a signed push, which the server does not take': {
    ...setting('push.gpgSign', 'true'),
    says: 'does not support --signed push',
  },
  'gives a push option, which the server does not take': {
    ...setting('push.pushOption', 'ci.skip'),
    says: 'does not support push options',
  },
  'finds a lock on the branch that nobody holds any more': {
    deny: ({ bare }) => writeFile(join(bare, LOCK), ''),
    allow: ({ bare }) => rm(join(bare, LOCK)),
    says: 'failed to update ref',
  },
  'pushes to a branch that the server hides': {
    deny: ({ bare }) => runGit(bare, ['config', 'receive.hideRefs', 'refs/heads/work-ledger']),
    allow: ({ bare }) => runGit(bare, ['config', '--unset', 'receive.hideRefs']),
    says: 'stale info',
  },
};

describe.each(Object.entries(WAYS))('given a clone that %s', (_, { deny, allow, says }) => {
  test('when it writes, then git’s words are told, a claim is not made, the rest waits, and is shared once that is mended', async () => {
    const repo = await makeSharedRepo();
    const dir = await repo.clone('ada');
    const ada = await repo.init(dir);
    const { id } = await ada.createWork({ title: 'One' });
    await deny(repo, dir);
    const told = { code: 'PUSH_DENIED', message: expect.stringContaining(says) };
    expect(await refusalOf(ada.work.comment(id, 'x'))).toMatchObject({
      ...told,
      details: { saved: [{ verb: 'comment', id }], withdrawn: [] },
    });
    expect(await refusalOf(ada.work.claim(id))).toMatchObject({ ...told, details: { withdrawn: [id] } });
    expect(await refusalOf(ada.clone.sync())).toMatchObject(told);
    expect((await ada.getWork(id))?.status).toBe('pending');
    await allow(repo, dir);
    expect(await ada.clone.sync()).toMatchObject({ lost: [] });
    expect(await ada.clone.rejected()).toEqual([]);
    expect(await ada.clone.status()).toMatchObject({ pending: [] });
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });
});
