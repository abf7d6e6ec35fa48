import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { installHooks, removeHooks } from '../../src/githooks/install.ts';
import { systemClock } from '../../src/index.ts';
import { INDEX_VERSION } from '../../src/projection/schema.ts';
import { repairTree } from '../../src/repair.ts';
import { editByHand, pathOf } from '../helpers/by-hand.ts';
import { createItems } from '../helpers/items.ts';
import { PresentProcess } from '../helpers/present-process.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';
import { WlProcess } from '../helpers/wl-process.ts';

const PROGRAM = {
  node: process.execPath,
  main: new URL('../../src/cli/main.ts', import.meta.url).pathname,
};

async function guarded(): Promise<SharedRepo> {
  const repo = await makeSharedRepo();
  await installHooks({ side: 'server', dir: repo.bare, program: PROGRAM });
  return repo;
}

it('given a server with the hook, when a ledger lives on it, then every push of the program is taken', async () => {
  const repo = await guarded();
  const ada = await repo.init(await repo.clone('ada'));
  const [first] = await ada.work.batch(
    ['one', 'two', 'three'].map((title) => ada.work.command('create', { fields: { title } })),
  );
  const id = first?.kind === 'accepted' ? (first.item?.id ?? '') : '';
  expect(await ada.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
  await ada.admin.configure({ lease_ttl_s: 900 });
  const bob = await repo.open(await repo.clone('bob'));
  expect(await bob.claimWork(id)).toMatchObject({ ok: false, code: 'ALREADY_CLAIMED' });
  const [outcome] = await ada.work.batch([
    ada.work.command('complete', { id, result: { ok: true }, epoch: 1 }),
  ]);
  expect(outcome).toMatchObject({ kind: 'accepted', where: 'remote' });
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
});

it('given a server with the hook and a clock that is six minutes behind, when its clone works, then every push is taken', async () => {
  const repo = await guarded();
  const ada = await repo.init(await repo.clone('ada'));
  const { id } = await ada.createWork({ title: 'Shared' });
  const clock = { ...systemClock, now: () => new Date(Date.now() - 360_000) };
  const bob = await repo.open(await repo.clone('bob'), { clock });
  expect(await bob.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
  expect(await bob.completeWork(id)).toMatchObject({ ok: true, where: 'remote' });
  for (const ledger of [ada, bob]) {
    await ledger.clone.fetch();
    expect(await ledger.audit.verify()).toMatchObject({ ok: true });
  }
});

it('given a server with a ledger, when the hook is put in place, then the index that pushes are judged by is made', async () => {
  const repo = await makeSharedRepo();
  const ada = await repo.init(await repo.clone('ada'));
  await createItems(ada, 2);
  const index = join(repo.bare, 'work-ledger', `index-v${INDEX_VERSION}.sqlite`);
  const install = ['hooks', 'install', '--server', repo.bare];
  expect(await new WlProcess(repo.folder, [...install, '--check']).ended).toBe(1);
  expect(existsSync(index)).toBe(false);
  expect(await new WlProcess(repo.folder, install).ended).toBe(0);
  expect(existsSync(index)).toBe(true);
  expect(await ada.createWork({ title: 'Third' })).toMatchObject({ rev: 1 });
  const empty = await makeSharedRepo();
  expect(await new WlProcess(empty.folder, ['hooks', 'install', '--server', empty.bare]).ended).toBe(0);
  expect(existsSync(join(empty.bare, 'work-ledger'))).toBe(false);
});

it('given four clones that want the same work at once, when all push, then it is done once and no push is refused by the hook', async () => {
  const repo = await guarded();
  const ada = await repo.init(await repo.clone('ada'));
  await ada.work.batch(
    ['a', 'b', 'c', 'd'].map((title) => ada.work.command('create', { fields: { title } })),
  );
  const clones = await Promise.all(['bob', 'cy', 'dan', 'eve'].map((name) => repo.clone(name)));
  const processes = clones.map(
    (dir, n) => new WlProcess(dir, ['next', '--claim', '--json'], { WL_ACTOR: `agent-${n}` }),
  );
  const ended = await Promise.all(processes.map(({ ended: end }) => end));
  expect(processes.map(({ stderr }) => stderr).join('')).not.toContain('work-ledger: refused');
  expect(ended).toEqual([0, 0, 0, 0]);
  await ada.clone.fetch();
  const held = await ada.query.list({ status: ['in_progress'] });
  expect(new Set(held.map(({ owner }) => owner)).size).toBe(held.length);
  expect(await ada.audit.verify()).toMatchObject({ ok: true });
});

it('given a server with the hook, when an agent shows that it is present, moves on and leaves, then that is taken', async () => {
  const repo = await guarded();
  const dir = await repo.clone('ada');
  await repo.init(dir);
  const agent = new PresentProcess({ dir, actor: 'ada', ttl_ms: 600_000, ids: [] });
  const refs = (): Promise<string> =>
    repo.git(repo.bare, 'for-each-ref', '--format=%(refname)', 'refs/work-ledger/presence');
  expect(await agent.beat()).toMatchObject({ taken: true });
  expect(await agent.beat()).toMatchObject({ taken: true });
  expect(await refs()).toMatch(/^refs\/work-ledger\/presence\/ada\./);
  await agent.end();
  expect(await refs()).toBe('');
});

it('given hooks that were there, when ours is installed twice and removed, then both run meanwhile, and all is as before', async () => {
  const repo = await makeSharedRepo();
  const theirs = 'cat > seen; [ ! -f closed ] || { echo closed >&2; exit 1; }';
  await repo.hook('pre-receive', theirs);
  const path = join(repo.bare, 'hooks/pre-receive');
  const before = await readFile(path, 'utf8');
  const options = { side: 'server', dir: repo.bare, program: PROGRAM } as const;
  expect(await installHooks(options)).toMatchObject({ current: true });
  const report = await installHooks(options);
  expect(report.hooks).toEqual([
    { hook: 'pre-receive', path, state: 'current', before: `${path}.before-wl` },
  ]);
  const ada = await repo.init(await repo.clone('ada'));
  expect(await readFile(join(repo.bare, 'seen'), 'utf8')).toContain('refs/heads/work-ledger');
  await writeFile(join(repo.bare, 'closed'), '');
  const [refusedOne] = await ada.work.batch([ada.work.command('create', { fields: { title: 'x' } })]);
  expect(refusedOne).toMatchObject({ kind: 'lost', error: { code: 'REMOTE_REFUSED' } });
  expect(await removeHooks(options)).toMatchObject({ current: false });
  expect(await readFile(path, 'utf8')).toBe(before);
  const config = await repo.git(repo.bare, 'config', '--local', '--list');
  expect(config).not.toContain('fsck');
});

it('given core.hooksPath, when the hooks of a clone are put there as one asked, then they stand there and git runs them', async () => {
  const repo = await guarded();
  const ada = await repo.init(await repo.clone('ada'));
  await ada.work.batch([ada.work.command('create', { fields: { title: 'one' } })]);
  const dir = join(repo.folder, 'ada');
  const folder = join(repo.folder, 'my hooks');
  await mkdir(folder);
  await writeFile(join(folder, 'commit-msg'), '#!/bin/sh\ngrep -q please "$1"\n');
  await chmod(join(folder, 'commit-msg'), 0o755);
  await repo.git(dir, 'config', 'core.hooksPath', folder);
  const report = await installHooks({ side: 'client', dir, program: PROGRAM, shared: true });
  expect(report.hooks.map(({ path }) => path)).toEqual(
    ['commit-msg', 'pre-push', 'post-merge'].map((name) => join(folder, name)),
  );
  await repo.git(dir, 'checkout', '--quiet', '-b', 'code', 'work-ledger');
  await expect(repo.git(dir, 'commit', '--allow-empty', '-m', 'Code')).rejects.toThrow();
  await repo.git(dir, 'commit', '--quiet', '--allow-empty', '-m', 'Code, please');
  await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
  await expect(repo.git(dir, 'commit', '--allow-empty', '-m', 'By hand, please')).rejects.toThrow(
    /work-ledger: refused: message: /,
  );
  await repo.git(dir, 'commit', '--quiet', '--no-verify', '--allow-empty', '-m', 'By hand');
  await expect(repo.git(dir, 'push', 'origin', 'work-ledger')).rejects.toThrow(
    /work-ledger: refused refs\/heads\/work-ledger: item \(/,
  );
  await expect(repo.git(dir, 'push', '--no-verify', 'origin', 'work-ledger')).rejects.toThrow(
    /remote: work-ledger: refused refs\/heads\/work-ledger: item \(/,
  );
});

it('given lines that a person merged on the ledger’s branch, when the merge is made, then it is told whether it would be taken', async () => {
  const repo = await guarded();
  const ada = await repo.init(await repo.clone('ada'));
  const made = await ada.work.batch(
    ['a', 'b'].map((title) => ada.work.command('create', { fields: { title } })),
  );
  const ids = made.map((outcome) => (outcome.kind === 'accepted' ? (outcome.item?.id ?? '') : ''));
  const dir = join(repo.folder, 'ada');
  await installHooks({ side: 'client', dir, program: PROGRAM });
  const bob = await repo.open(await repo.clone('bob'));
  await bob.work.batch([bob.work.command('comment', { id: ids[0] ?? '', body: 'one side' })]);
  const offline = await repo.open(dir, { mode: 'local' });
  await offline.work.batch([offline.work.command('comment', { id: ids[1] ?? '', body: 'another side' })]);
  await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
  await repo.git(dir, 'fetch', '--quiet', 'origin', 'work-ledger');
  const merge = ['merge', '--no-edit', '--no-ff', 'FETCH_HEAD'];
  const { stderr } = spawnSync('git', merge, { cwd: dir, env: isolatedEnv(), encoding: 'utf8' });
  expect(stderr).toContain('work-ledger: the merge keeps every rule; share it with: wl sync');
  expect(await repo.git(dir, 'push', 'origin', 'work-ledger')).toBe('');
});

it('given a host that has update hooks only, when a forged commit is pushed, then it is refused, and what is right is taken', async () => {
  const repo = await makeSharedRepo();
  await cp(new URL('../../hooks/update', import.meta.url).pathname, join(repo.bare, 'hooks/update'));
  const bin = join(repo.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'wl'), `#!/bin/sh\nexec '${PROGRAM.node}' '${PROGRAM.main}' "$@"\n`, {
    mode: 0o755,
  });
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const ada = await repo.init(await repo.clone('ada'));
  const [made] = await ada.work.batch([ada.work.command('create', { fields: { title: 'one' } })]);
  expect(made).toMatchObject({ kind: 'accepted', where: 'remote' });
  const dir = join(repo.folder, 'ada');
  await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
  await repo.git(dir, 'commit', '--quiet', '--allow-empty', '-m', 'By hand');
  await expect(repo.git(dir, 'push', 'origin', 'work-ledger')).rejects.toThrow(
    /remote: work-ledger: refused refs\/heads\/work-ledger: item \(/,
  );
});

it('given the program, when hooks are installed, asked for and removed, then it tells how they stand', async () => {
  const repo = await makeSharedRepo();
  const hooks = async (...args: string[]): Promise<[number | null, string]> => {
    const wl = new WlProcess(repo.folder, ['hooks', 'install', '--server', repo.bare, ...args]);
    return [await wl.ended, wl.lines.join('\n') + wl.stderr];
  };
  expect(await hooks('--check')).toEqual([1, expect.stringContaining('not there')]);
  expect(await hooks()).toEqual([0, expect.stringContaining('in place')]);
  expect(await repo.git(repo.bare, 'config', 'receive.fsckObjects')).toBe('true');
  expect(await hooks('--check')).toEqual([0, expect.stringContaining('in place')]);
  const path = join(repo.bare, 'hooks/pre-receive');
  await writeFile(path, `${await readFile(path, 'utf8')}# older\n`);
  expect(await hooks('--check')).toEqual([1, expect.stringContaining('outdated')]);
  expect(await hooks('--remove')).toEqual([0, expect.stringContaining('not there')]);
  expect(await hooks('--client')).toEqual([2, expect.stringContaining('one at a time')]);
});

it('given a ledger that a person broke before the server had the hook, when the doctor mends it, then every mend is taken', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const ada = await repo.init(dir);
  const [damaged = '', gone = '', twice = '', moved = ''] = await createItems(ada, 4);
  await ada.claimWork(damaged);
  await ada.admin.configure({ lease_ttl_s: 900 });
  const before = await ada.query.list();
  await editByHand(repo, async (to) => {
    const at = (path: string): string => join(to, path);
    await writeFile(at(pathOf(damaged)), 'broken');
    await rm(at(pathOf(gone)));
    const other = at(pathOf(twice).replace('active', 'failed'));
    await mkdir(join(other, '..'), { recursive: true });
    await writeFile(other, 'no item');
    await mkdir(at('active/misplaced'));
    await rename(at(pathOf(moved)), at(`active/misplaced/${moved}.yaml`));
    await writeFile(at('notes.txt'), 'a note\n');
    await symlink('/etc/passwd', at('link'));
    await writeFile(at('ledger.yaml'), 'schema: [\n');
  });
  await installHooks({ side: 'server', dir: repo.bare, program: PROGRAM });
  expect(await repairTree(ada)).toHaveLength(7);
  expect(await ada.query.list()).toEqual(before);
  expect(await ada.query.settings()).toMatchObject({ lease_ttl_s: 900 });
  const { findings } = await ada.audit.verify();
  expect(new Set(findings.map(({ subject }) => subject))).toEqual(new Set(['by hand']));
  expect(await ada.completeWork(damaged)).toMatchObject({ ok: true, where: 'remote' });
});
