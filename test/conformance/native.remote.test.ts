import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { append, draft, REF } from './drafts.ts';
import { nativeLaws, nativeWorld } from './native-world.ts';
import { mirrorLaws } from './remote-mirror.ts';

nativeLaws('file');

describe('remote port, read elsewhere: native git', () => mirrorLaws(() => nativeWorld('file', true)));

describe('a push that carries an offer: native git', () => {
  const UPDATE = '#!/bin/sh\ncase $1 in refs/work-ledger/*) echo "no inboxes" >&2; exit 1;; esac\n';

  test.each([
    [
      'that moves each ref by itself',
      ['config', 'receive.advertiseAtomic', 'false'],
      /does not support --atomic/,
    ],
    ['whose hook protects the inbox', [], /hook declined\): no inboxes/],
  ] as const)(
    'given a remote %s, when it is pushed, then it is refused, and nothing moves',
    async (_, setting, reason) => {
      const world = await nativeWorld('file');
      const [ada, eve] = [await world.clone(), await world.clone()];
      await ada.remote.push(await append(ada.store, draft('init', { a: '0' })));
      const offered = await append(ada.store, draft('bob', { b: '1' }));
      await ada.remote.inbox?.publish('bob', offered, undefined);
      const tip = await append(ada.store, draft('ada', { a: '1' }));
      if (setting.length > 0) await runGit(world.bare, setting);
      else await writeFile(join(world.bare, 'hooks', 'update'), UPDATE, { mode: 0o755 });
      const pushed = await ada.remote.push(tip, undefined, [{ clone: 'bob', offered, landed: tip }]);
      expect(pushed).toEqual({
        kind: 'refused',
        reason: expect.stringMatching(reason),
        ...(setting.length > 0 && { together: false }),
      });
      const fetched = await eve.remote.fetch();
      expect(fetched.kind === 'ok' && fetched.tip).not.toBe(tip);
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      for (const { store } of [ada, eve]) await store.close();
      await world.cleanup();
    },
  );
});

test.each(['refs/tags/refs/heads/work-ledger', 'refs/heads/refs/heads/work-ledger'])(
  'given %s, which git takes for the branch as well, when the branch is pushed, then it moves, alone and with an inbox, and only from where it was seen',
  async (other) => {
    const world = await nativeWorld('file');
    const [ada, eve] = [await world.clone(), await world.clone()];
    const root = await append(ada.store, draft('init', { a: '0' }));
    await ada.remote.push(root);
    await eve.remote.fetch();
    await runGit(world.bare, ['update-ref', other, root]);
    const tip = await append(ada.store, draft('ada', { a: '1' }));
    const offer = { clone: 'ada', pending: tip, expected: undefined };
    expect(await ada.remote.push(tip, offer)).toEqual({ kind: 'accepted' });
    expect(
      await runGit(world.bare, ['for-each-ref', '--format=%(objectname)', 'refs/work-ledger/inbox']),
    ).toBe(tip);
    await runGit(world.bare, ['update-ref', 'refs/tags/refs/work-ledger/inbox/eve', root]);
    await runGit(world.bare, ['update-ref', 'refs/work-ledger/inbox/eve', root]);
    await eve.remote.fetch();
    expect(await eve.remote.inbox?.publish('eve', tip, root)).toEqual({ kind: 'accepted' });
    await eve.store.moveRef(REF, await eve.store.readRef(REF), root);
    const late = await append(eve.store, draft('eve', { b: '1' }));
    expect(await eve.remote.push(late)).toMatchObject({ kind: 'behind' });
    expect(
      await runGit(world.bare, ['rev-parse', '--verify', '--quiet', 'refs/heads/work-ledger^{commit}']),
    ).toBe(tip);
    expect(await ada.store.listRefs('refs/work-ledger/tmp/')).toEqual([]);
    for (const { store } of [ada, eve]) await store.close();
    await world.cleanup();
  },
);
