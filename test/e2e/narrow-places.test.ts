import { execFile } from 'node:child_process';
import { mkdir, readdir, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLedger } from '../../src/index.ts';
import { MAIN, wl } from '../cli/workplace.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';
import { gitScript, realGit } from '../helpers/wrapped-git.ts';

// What a machine gives a program too little of: room for its output, open files, length of a path, a cache, text in its arguments.

interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** What an older Node does with the program: it runs it again, on another one. */
const LAUNCHER = new URL('../helpers/launcher.ts', import.meta.url).pathname;

/** Runs a line of the shell, in which `$wl` is the program, and `$launched` the same by its launcher. */
function shell(cwd: string, line: string, env: Record<string, string> = {}): Promise<Ended> {
  const script = `wl="${process.execPath} ${MAIN}"; launched="${process.execPath} ${LAUNCHER} ${MAIN}"; ${line}`;
  return new Promise((resolve) => {
    const options = { cwd, env: { ...isolatedEnv(), WL_ACTOR: 'ada', ...env }, timeout: 30_000 };
    execFile('bash', ['-c', script], options, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

const titlesIn = async (dir: string): Promise<string> => (await wl(dir, ['list', '--json'])).stdout;

async function makeClone(): Promise<{ repo: SharedRepo; dir: string }> {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  expect(await wl(dir, ['init'])).toMatchObject({ status: 0 });
  return { repo, dir };
}

describe('given an output that is full', () => {
  test('when something was made, then it is told that it is, on standard error, by one line', async () => {
    const { dir } = await makeClone();
    const said = await shell(dir, '$wl create Done > /dev/full');
    expect(said).toMatchObject({ status: 1 });
    expect(said.stderr).toMatch(
      /^wl: Standard output cannot be written: .*no space.* It is done: created \S+, on origin\.\n$/,
    );
    expect(await titlesIn(dir)).toContain('"Done"');
  });

  test('when JSON was asked for, then it is told by one line of JSON', async () => {
    const { dir } = await makeClone();
    const said = await shell(dir, '$wl create Done --json > /dev/full');
    expect(said).toMatchObject({ status: 1 });
    expect(JSON.parse(said.stderr)).toMatchObject({
      error: { code: 'STORAGE_FAILED', message: expect.stringContaining('It is done') },
    });
  });

  test.each(['list', '--version', 'help', 'nothing-of-that-name'])(
    'when %s is called and standard error is full, too, then it ends by a status',
    async (words) => {
      const { dir } = await makeClone();
      expect([1, 2]).toContain((await shell(dir, `$wl ${words} > /dev/full 2> /dev/full`)).status);
    },
  );

  test.each(['list', '--version', 'help'])('when %s is called, then no stack is shown', async (words) => {
    const { dir } = await makeClone();
    const said = await shell(dir, `$wl ${words} > /dev/full`);
    expect(said.status).toBe(1);
    expect(said.stderr).toMatch(/^wl: Standard output cannot be written: [^\n]*\n/);
    expect(said.stderr).not.toMatch(/\n +at /);
  });
});

describe('given an argument that is not UTF-8', () => {
  test.each(['', ' --json'])(
    'when it is called%s, then it is refused, and nothing is made of it',
    async (more) => {
      const { dir } = await makeClone();
      const said = await shell(dir, `$wl create "$(printf 'caf\\351')"${more}`);
      expect(said).toMatchObject({ status: 2, stdout: '' });
      expect(said.stderr).toContain('Argument 2 is not UTF-8 text; nothing was done.');
      // As a title: the name of a commit may have these letters as well.
      expect(await titlesIn(dir)).not.toContain('"caf');
    },
  );

  test('when it comes through the launcher of a machine whose Node is too old, then it is refused as well', async () => {
    const { dir } = await makeClone();
    const said = await shell(dir, `$launched create "$(printf 'caf\\351')"`);
    expect(said).toMatchObject({ status: 2, stdout: '' });
    expect(said.stderr).toContain('Argument 2 is not UTF-8 text; nothing was done.');
    expect(await shell(dir, `$launched create "a \uFFFD"`)).toMatchObject({ status: 0 });
  });

  test('when it is a name of who acts, from the environment or from git, then it is refused as well', async () => {
    const { dir } = await makeClone();
    expect((await shell(dir, `WL_ACTOR="$(printf 'caf\\351')" $wl create One`)).status).toBe(2);
    const byGit = `git config user.name "$(printf 'caf\\351')"; unset WL_ACTOR GIT_COMMITTER_NAME GIT_AUTHOR_NAME; $wl create One`;
    expect((await shell(dir, byGit)).stderr).toContain("cannot be an actor's name");
  });

  test('when it is the very character that stands for such bytes, then it is text', async () => {
    const { dir } = await makeClone();
    expect(await shell(dir, '$wl create "a \uFFFD"')).toMatchObject({ status: 0 });
    expect(await titlesIn(dir)).toContain('a \uFFFD');
  });
});

test.each(['/proc/nothing', '/proc/self/nothing/at/all', '/dev/null/nothing'])(
  'given a cache folder that cannot be made (%s), when the program is called, then it does without',
  async (folder) => {
    const { dir } = await makeClone();
    expect(await shell(dir, '$wl --version', { XDG_CACHE_HOME: folder })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(await shell(dir, '$wl list', { XDG_CACHE_HOME: folder })).toMatchObject({ status: 0 });
  },
);

describe('given few open files', () => {
  test('when there are 40, then a ledger with many small packs is written and shared', async () => {
    const { repo, dir } = await makeClone();
    for (let n = 0; n < 20; n += 1) await wl(dir, ['create', `Item ${n}`]);
    expect(await shell(dir, 'ulimit -n 40; $wl create Last')).toMatchObject({ status: 0 });
    expect(await repo.git(repo.bare, 'grep', '-h', 'title: Last', 'work-ledger')).toBe('title: Last');
  });

  test.each([22, 24, 26, 28])(
    'when there are %d, then what it could do is done, or the limit is named',
    async (files) => {
      const { dir } = await makeClone();
      const said = await shell(dir, `ulimit -n ${files}; $wl create One --json`);
      if (said.status === 0) return;
      expect(said.stderr).not.toContain('INTERNAL');
      expect(said.stderr).toMatch(/too many open files|EMFILE/i);
    },
  );
});

describe('given a process that stays open', () => {
  test('when git packs anew beside it, then after its next transition it has nothing open that is gone', async () => {
    const { repo, dir } = await makeClone();
    const ledger = await openLedger({ dir, actor: 'ada' });
    const body = 'x'.repeat(60_000);
    for (let n = 0; n < 4; n += 1) await ledger.createWork({ title: `Item ${n}`, description: body + n });
    await repo.git(dir, 'repack', '-adq');
    await ledger.audit.verify();
    await ledger.createWork({ title: 'Another', description: body });
    await repo.git(dir, 'repack', '-adfq', '--window=1');
    await ledger.createWork({ title: 'Last' });
    const open = await readdir('/proc/self/fd');
    const files = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(files.filter((file) => file.startsWith(dir) && file.endsWith('(deleted)'))).toEqual([]);
    await ledger.close();
  });
});

test.each([400, 480, 505, 509, 700])(
  'given a repository at a path of %d characters, when something is made, asked and shared there, then it works',
  async (length) => {
    const { repo, dir } = await makeClone();
    let path = repo.folder;
    while (path.length < length - 101) path = join(path, 'd'.repeat(Math.min(100, length - path.length - 2)));
    await mkdir(path, { recursive: true });
    path = join(path, 'e'.repeat(Math.max(1, length - path.length - 1)));
    await rename(dir, path);
    const made = await wl(path, ['create', 'Far away']);
    expect(made).toMatchObject({ status: 0 });
    expect(await titlesIn(path)).toContain('"Far away"');
    expect(await repo.git(repo.bare, 'grep', '-h', 'title: Far', 'work-ledger')).toBe('title: Far away');
    await writeFile(join(repo.folder, 'unused'), '');
  },
);

describe('given a clone that has no room for what the remote has', () => {
  const FULL = 'No space left on device';
  test.each([
    ['objects', `fatal: unable to write loose object file: ${FULL}`, 'STORAGE_FAILED'],
    ['a pack', `fatal: write error: ${FULL}\nfatal: fetch-pack: invalid index-pack output`, 'STORAGE_FAILED'],
    [
      'a ref',
      `error: cannot lock ref 'refs/x': Unable to create '/x/refs/x.lock': Disk quota exceeded`,
      'STORAGE_FAILED',
    ],
    ['a file', 'error: unpack-objects died of signal 25', 'STORAGE_FAILED'],
    [
      'what is read-only',
      `fatal: unable to create temporary file '/x/objects/pack/tmp': Read-only file system`,
      'PERMISSION_DENIED',
    ],
    [
      'what is another’s',
      'error: insufficient permission for adding an object to repository database .git/objects',
      'PERMISSION_DENIED',
    ],
  ])(
    'when git says so of %s, then a sync tells it as the fault of the disk, and what waits is there',
    async (_, said, code) => {
      const { repo, dir } = await makeClone();
      await wl(dir, ['--offline', 'create', 'Waits']);
      const script = `case "$*" in *fetch*) cat >&2 <<'E'\n${said}\nE\nexit 128;; esac\nexec ${realGit()} "$@"`;
      const PATH = gitScript(repo.folder, script);
      const synced = await shell(dir, '$wl sync --json', { PATH });
      expect(JSON.parse(synced.stderr)).toMatchObject({ error: { code } });
      expect(synced.stderr).not.toContain('cannot be reached');
      expect(await wl(dir, ['sync'])).toMatchObject({ status: 0 });
      expect(await titlesIn(dir)).toContain('"Waits"');
    },
  );

  test('when a file may not be as large as what comes, then that is told, and the next sync with more room has it', async () => {
    const { repo, dir } = await makeClone();
    const bob = await repo.clone('bob');
    await wl(bob, ['init']);
    const noise = Array.from({ length: 2_500 }, () => Math.random().toString(36).slice(2)).join(' ');
    await writeFile(join(bob, 'text'), noise);
    expect(await wl(bob, ['create', 'Large', '-d', `@${join(bob, 'text')}`])).toMatchObject({
      status: 0,
    });
    const synced = await shell(dir, `trap '' XFSZ; ulimit -f 4; $wl sync --json`);
    expect(
      JSON.parse(synced.stderr.split('\n').find((line) => line.startsWith('{"error"')) ?? '{}'),
    ).toMatchObject({
      error: {
        code: 'STORAGE_FAILED',
        message: expect.stringContaining('The disk is full; fetching was not done'),
      },
    });
    expect(await wl(dir, ['sync'])).toMatchObject({ status: 0 });
    expect(await titlesIn(dir)).toContain('"Large"');
  });

  test('when the remote is full and says so, then that is the remote’s', async () => {
    const { repo, dir } = await makeClone();
    const script = `case "$*" in *fetch*) echo 'remote: fatal: write error: ${FULL}' >&2; exit 128;; esac\nexec ${realGit()} "$@"`;
    const synced = await shell(dir, '$wl sync --json', { PATH: gitScript(repo.folder, script) });
    expect(JSON.parse(synced.stderr)).toMatchObject({ error: { code: 'REMOTE_UNREACHABLE' } });
  });
});
