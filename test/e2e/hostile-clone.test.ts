import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeWorkplace, type Said, type Workplace, wlProcess } from '../cli/workplace.ts';
import { runGit } from '../helpers/temp-repo.ts';

// What a repository brings along that somebody else made and a user clones: files, and a ledger's branch. Git takes no settings from it.

let place: Workplace;
let marks: string;
beforeEach(async () => {
  place = await makeWorkplace();
  marks = join(place.path, 'marks');
  await mkdir(marks);
});
afterEach(() => place.cleanup());

async function put(path: string, text: string, executable = false): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  if (executable) await chmod(path, 0o755);
}

/** A program that leaves a mark of its name. */
const marking = (name: string): string => `#!/bin/sh\ntouch '${marks}/${name}'\nexit 1\n`;

const settings = (prefix: string): string => `[core]
	repositoryformatversion = 0
	bare = true
	sshCommand = touch '${marks}/${prefix}-ssh'; false
	fsmonitor = touch '${marks}/${prefix}-fsmonitor'; false
	editor = touch '${marks}/${prefix}-editor'; false
	hooksPath = hooks
[remote "origin"]
	url = ssh://nowhere.invalid/x.git
	fetch = +refs/heads/*:refs/remotes/origin/*
[credential]
	helper = "!touch '${marks}/${prefix}-credential'"
[gpg]
	program = ${marks}/../program
[ledger]
	sign = true
`;

/** A bare repository as plain files, as any commit can have them. */
async function putRepository(dir: string, name: string): Promise<void> {
  await put(join(dir, 'HEAD'), 'ref: refs/heads/main\n');
  await put(join(dir, 'config'), settings(name));
  await put(join(dir, 'objects/info/keep'), '');
  await put(join(dir, 'refs/heads/keep'), '');
  for (const hook of ['reference-transaction', 'pre-push', 'post-checkout'])
    await put(join(dir, 'hooks', hook), marking(`${name}-${hook}`), true);
}

/** Commits what `fill` puts into a clone of the remote, and gives the clone of a user who comes later. */
async function cloneOf(fill: (dir: string) => Promise<void>): Promise<string> {
  const dir = await place.clone('mallory');
  await fill(dir);
  await runGit(dir, ['add', '--all', '--force']);
  await runGit(dir, ['commit', '--quiet', '--message', 'what a user gets']);
  await runGit(dir, ['push', '--quiet', 'origin', 'HEAD:main']);
  await runGit(place.remote, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  const clone = join(place.path, 'victim');
  await runGit(place.path, ['clone', '--quiet', place.remote, clone]);
  return clone;
}

describe('given a clone in which files look like a bare repository', () => {
  const CALLS = [
    ['ready'],
    ['list', '--fetch'],
    ['sync'],
    ['init'],
    ['doctor', '--fix'],
    ['status'],
    ['create', 'One'],
  ];

  test('when wl is called there, then it uses none of its settings, runs nothing, and says where to go', async () => {
    const clone = await cloneOf((dir) => putRepository(join(dir, 'docs/example'), 'bare'));
    const there = join(clone, 'docs/example');
    for (const args of CALLS)
      for (const dir of [there, join(there, 'objects')]) {
        const said = await wlProcess(dir, args);
        expect(said, args.join(' ')).toMatchObject({ status: 3, stdout: '' });
        expect(said.stderr).toContain(`hint: Go to ${clone}`);
      }
    expect(await readdir(marks)).toEqual([]);
    expect(await readdir(there)).not.toContain('work-ledger');
    // Around it the clone is as any other.
    expect(await wlProcess(join(clone, 'docs'), ['init'])).toMatchObject({ status: 0 });
  });

  test('when it is named from elsewhere, or lies in another one, then that makes no difference', async () => {
    const clone = await cloneOf(async (dir) => {
      await putRepository(join(dir, 'outer'), 'outer');
      await putRepository(join(dir, 'outer/objects/inner'), 'inner');
    });
    for (const dir of ['outer', 'outer/objects/inner'])
      expect(await wlProcess(place.path, ['-C', join(clone, dir), 'sync'])).toMatchObject({ status: 3 });
    expect(await readdir(marks)).toEqual([]);
  });

  test('given one that the user made there, when wl is called in it, then it is used', async () => {
    const clone = await cloneOf((dir) => put(join(dir, 'README'), 'x'));
    await runGit(clone, ['init', '--quiet', '--bare', 'mine.git']);
    expect(await wlProcess(join(clone, 'mine.git'), ['init'])).toMatchObject({ status: 0 });
  });

  test('given safe.bareRepository, when wl is called in any that is not named, then it heeds that as git does', async () => {
    const home = join(place.path, 'gitconfig');
    await writeFile(home, '[safe]\n\tbareRepository = explicit\n');
    const said = await wlProcess(place.remote, ['list'], { env: { GIT_CONFIG_GLOBAL: home } });
    expect(said.status).not.toBe(0);
    expect(said.stderr).toContain('safe.bareRepository');
  });

  test('given that and a server with the hook, when a push is judged there, then git has named the repository, and it is taken', async () => {
    const clone = await place.clone('ada');
    expect(await wlProcess(clone, ['init'])).toMatchObject({ status: 0 });
    expect(await wlProcess(clone, ['hooks', 'install', '--server', place.remote])).toMatchObject({
      status: 0,
    });
    const home = join(place.path, 'gitconfig');
    await writeFile(home, '[safe]\n\tbareRepository = explicit\n');
    const said = await wlProcess(clone, ['create', 'One'], { env: { GIT_CONFIG_GLOBAL: home } });
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.stdout).toContain('on origin');
  });
});

describe('given a clone whose files are named as what programs look for', () => {
  const PROGRAMS = ['git', 'gh', 'glab', 'tea', 'ssh', 'node', 'sh', 'ps', 'gpg', 'ssh-keygen', 'wl'];

  test('when a ledger is made, joined and worked on there, then nothing of it is run, read or written', async () => {
    const clone = await cloneOf(async (dir) => {
      for (const name of PROGRAMS) {
        await put(join(dir, name), marking(name), true);
        await put(join(dir, 'node_modules/.bin', name), marking(`bin-${name}`), true);
        await put(join(dir, 'node_modules/node/bin', name), marking(`pinned-${name}`), true);
      }
      for (const hook of ['pre-push', 'commit-msg', 'post-merge', 'pre-receive', 'reference-transaction'])
        for (const folder of ['hooks', '.husky', '.githooks'])
          await put(join(dir, folder, hook), marking(`${folder}-${hook}`), true);
      await put(join(dir, '.gitattributes'), '* filter=x diff=x merge=x\n');
      await put(
        join(dir, '.gitmodules'),
        `[submodule "x"]\n\tpath = x\n\turl = ext::touch ${marks}/x\n\tupdate = !touch ${marks}/y\n`,
      );
      await put(join(dir, '.gitconfig'), settings('home'));
      await put(
        join(dir, 'package.json'),
        JSON.stringify({ name: 'work-ledger', main: './evil.cjs', type: 'module' }),
      );
      await put(join(dir, 'evil.cjs'), `require('node:fs').writeFileSync('${marks}/evil', '')`);
      for (const name of ['simple-git', 'yaml', 'zod', 'isomorphic-git', 'work-ledger'])
        await put(
          join(dir, 'node_modules', name, 'index.js'),
          `require('node:fs').writeFileSync('${marks}/${name}', '')`,
        );
      await put(join(dir, 'templates/prompt.md'), 'Obey.');
      await put(join(dir, 'templates/items/task.yaml'), 'title: Obey\n');
      await put(join(dir, 'ledger.yaml'), 'schema: 99\n');
    });
    const before = await filesOf(clone);
    const prompts = join(place.path, 'prompts');
    const call = async (...args: string[]): Promise<Said> => {
      const said = await wlProcess(clone, args);
      expect(said.status, `${args.join(' ')}: ${said.stderr}`).toBe(0);
      return said;
    };
    await call('init');
    await call('create', 'One', '--template', 'task');
    await call('ready', '--fetch');
    await call('work', '--once', '--', '/bin/sh', '-c', `cat "$WL_PROMPT_FILE" > '${prompts}'`);
    await call('create', 'Two');
    await call('claim', '2');
    await call('submit', '2');
    await call('sync');
    await call('verify', '--full');
    await call('history', '1');
    await call('status');
    await wlProcess(clone, ['review', 'open', '2']);
    await wlProcess(clone, ['doctor', '--fix']);
    expect(await readdir(marks)).toEqual([]);
    expect(await readFile(prompts, 'utf8')).not.toContain('Obey');
    expect(await filesOf(clone)).toEqual(before);
  });
});

describe('given a ledger’s branch with entries that no ledger has', () => {
  test('when a clone joins, reads and mends it, then nothing is read or written outside of its .git', async () => {
    const secret = join(place.path, 'secret');
    await writeFile(secret, 'title: the secret\n');
    const clone = await cloneOf((dir) => put(join(dir, 'README'), 'x'));
    expect(await wlProcess(clone, ['init'])).toMatchObject({ status: 0 });
    expect(await wlProcess(clone, ['create', 'One'])).toMatchObject({ status: 0 });
    // By hand, in a work tree of the branch.
    const work = join(place.path, 'work');
    await runGit(place.path, ['clone', '--quiet', '--branch', 'work-ledger', place.remote, work]);
    await mkdir(join(work, 'templates'), { recursive: true });
    await symlink(secret, join(work, 'templates/secret.yaml'));
    await symlink(place.path, join(work, 'active/2026/02'), 'dir').catch(() =>
      mkdir(join(work, 'active/2026'), { recursive: true }),
    );
    await put(join(work, 'quarantine/../hooks/pre-push'), marking('pre-push'), true);
    await put(join(work, '.gitattributes'), '* filter=x diff=x merge=x\n');
    await put(join(work, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ext::touch ${marks}/x\n`);
    await runGit(work, ['add', '--all', '--force']);
    await runGit(work, ['commit', '--quiet', '--message', 'odd']);
    await runGit(work, ['push', '--quiet']);
    const before = await filesOf(place.path);
    for (const args of [
      ['sync'],
      ['list', '--all'],
      ['create', 'Two', '--template', 'secret'],
      ['verify', '--full'],
      ['doctor', '--fix'],
      ['sync'],
    ]) {
      const said = await wlProcess(clone, args);
      expect(said.stdout + said.stderr, args.join(' ')).not.toContain('the secret');
    }
    expect(await readdir(marks)).toEqual([]);
    expect(await filesOf(place.path)).toEqual(before);
    expect(await readFile(secret, 'utf8')).toBe('title: the secret\n');
  });
});

/** Every file below `dir` but those that git keeps, with what is in it. */
async function filesOf(dir: string): Promise<Map<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/.git/') && !path.startsWith(place.remote))
    .sort();
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}
