import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { gitEnvironment, runGit } from '../../../src/git/process/run.ts';
import { openRepository } from '../../../src/git/repository.ts';
import { talk } from '../../../src/git/transport.ts';
import { abortMerge, checkoutFrom, findWorkTree, moveWithTrees } from '../../../src/git/work-tree.ts';
import { Patience } from '../../../src/remote/port.ts';
import { wl } from '../../cli/workplace.ts';
import { GitHttpServer } from '../../helpers/git-http-server.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  type TempFolder,
  runGit as typeGit,
} from '../../helpers/temp-repo.ts';

isolateThisProcess();

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

/** For the rest of the test. */
function setEnvironment(variables: Readonly<Record<string, string>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  onTestFinished(() => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
}

/** Settings as a CI's job or a container hands them over. */
function byEnvironment(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const pairs = settings.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { GIT_CONFIG_COUNT: `${settings.length}`, ...Object.fromEntries(pairs) };
}

/** Programs that leave a mark when they run, each under a name of its own. */
async function marking(): Promise<{ program(name: string): Promise<string>; left(): Promise<string[]> }> {
  const [bin, marks] = [join(folder.path, 'bin'), join(folder.path, 'marks')];
  await mkdir(bin);
  await mkdir(marks);
  const script = join(bin, 'leaves-a-mark');
  await writeFile(script, `#!/bin/sh\ntouch "${marks}/\${0##*/}"\nexit 1\n`);
  await chmod(script, 0o755);
  return {
    async program(name) {
      const path = join(bin, name);
      await symlink(script, path);
      return path;
    },
    left: () => readdir(marks),
  };
}

/** Variables that name a program which no command here needs, from the manuals of git. */
const PROGRAMS = [
  'EDITOR',
  'GIT_EDITOR',
  'GIT_EXTERNAL_DIFF',
  'GIT_PAGER',
  'GIT_SEQUENCE_EDITOR',
  'PAGER',
  'VISUAL',
];
/** Variables that are there for other commands, or for other places; simple-git or git names each. */
const OTHERS = {
  EMAIL: 'ada@example.invalid',
  GIT_ADVICE: '1',
  GIT_ATTR_SOURCE: 'HEAD',
  GIT_AUTHOR_DATE: 'yesterday',
  GIT_COMMITTER_DATE: 'yesterday',
  GIT_COMMON_DIR: '/nowhere',
  GIT_CONFIG: '/nowhere',
  GIT_CURL_VERBOSE: '1',
  GIT_DIFF_OPTS: '-u1',
  GIT_DIR: '/nowhere',
  GIT_GLOB_PATHSPECS: '1',
  GIT_GRAFT_FILE: '/nowhere',
  GIT_INDEX_FILE: '/nowhere/index',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_MERGE_AUTOEDIT: 'yes',
  GIT_MERGE_VERBOSITY: '5',
  GIT_NAMESPACE: 'elsewhere',
  GIT_OBJECT_DIRECTORY: '/nowhere/objects',
  GIT_PREFIX: 'sub/',
  GIT_QUARANTINE_PATH: '/nowhere',
  GIT_REPLACE_REF_BASE: 'refs/other/',
  GIT_SHALLOW_FILE: '/nowhere',
  GIT_SSH_VARIANT: 'ssh',
  GIT_TEMPLATE_DIR: '/nowhere',
  GIT_TRACE: '1',
  GIT_TRACE2: '1',
  GIT_TRACE2_EVENT: 'true',
  GIT_TRACE2_PERF: '2',
  GIT_TRACE_PACKET: '1',
  GIT_TRACE_PERFORMANCE: '1',
  GIT_TRACE_SETUP: 'true',
  GIT_WORK_TREE: '/nowhere',
  PREFIX: '/usr/local',
};
/** Settings whose value is a program that no command here needs: what simple-git names, and the rest of git's manual. */
const SETTINGS = [
  'alias.fetch',
  'alias.wl',
  'browser.x.cmd',
  'core.alternateRefsCommand',
  'core.editor',
  'core.fsmonitor',
  'core.pager',
  'diff.external',
  'diff.x.command',
  'diff.x.textconv',
  'difftool.x.cmd',
  'filter.x.clean',
  'filter.x.process',
  'filter.x.smudge',
  'gpg.openpgp.program',
  'gpg.program',
  'gpg.ssh.defaultKeyCommand',
  'gpg.ssh.program',
  'gpg.x509.program',
  'guitool.x.cmd',
  'interactive.diffFilter',
  'man.x.cmd',
  'merge.x.driver',
  'mergetool.x.cmd',
  'mergetool.x.path',
  'pager.fetch',
  'pager.log',
  'pager.push',
  'sendemail.sendmailCmd',
  'sequence.editor',
  'tar.x.command',
  'trailer.x.cmd',
  'trailer.x.command',
  'uploadpack.packObjectsHook',
  'web.browser',
];

/** All of it at once, with the settings before the given ones. */
async function hostile(
  program: (name: string) => Promise<string>,
  more: readonly (readonly [string, string])[] = [],
): Promise<Record<string, string>> {
  const variables = await Promise.all(PROGRAMS.map(async (name) => [name, await program(name)] as const));
  const settings = await Promise.all(SETTINGS.map(async (key) => [key, await program(key)] as const));
  const hooks = join(folder.path, 'hooks');
  await mkdir(hooks);
  for (const hook of [
    'reference-transaction',
    'pre-push',
    'post-checkout',
    'post-index-change',
    'pre-auto-gc',
  ])
    await symlink(await program(hook), join(hooks, hook));
  return {
    ...OTHERS,
    ...Object.fromEntries(variables),
    ...byEnvironment([
      ...settings,
      ['core.hooksPath', hooks],
      ['init.templateDir', hooks],
      ['submodule.x.update', `!${await program('submodule.x.update')}`],
      ['include.path', join(folder.path, 'not-there')],
      ['commit.gpgSign', 'true'],
      ['tag.gpgSign', 'true'],
      ['log.showSignature', 'true'],
      ['submodule.recurse', 'true'],
      ['protocol.file.allow', 'always'],
      ['color.ui', 'always'],
      ...more,
    ]),
    // As `git -c KEY=VALUE ALIAS` passes them on.
    GIT_CONFIG_PARAMETERS: `'core.editor'='${await program('passed-on.core.editor')}' 'core.fsmonitor'='${await program('passed-on.core.fsmonitor')}'`,
  };
}

describe('given an environment with every variable and setting that names a program', () => {
  test('when a ledger is made, joined and worked on, then the address that it gives is used, nothing is refused, and none of them runs', async () => {
    const { program, left } = await marking();
    await makeBareRepo(folder.path, 'shared.git');
    const [ada, bob] = [await makeWorkRepo(folder.path, 'ada'), await makeWorkRepo(folder.path, 'bob')];
    for (const dir of [ada, bob]) await typeGit(dir, ['remote', 'add', 'origin', 'work:shared.git']);
    // Its objects are borrowed, so git asks for the tips of another repository.
    await writeFile(
      join(bob, '.git/objects/info/alternates'),
      `${join(folder.path, 'shared.git/objects')}\n`,
    );
    setEnvironment(await hostile(program, [[`url.${folder.path}/.insteadOf`, 'work:']]));
    for (const [dir, ...args] of [
      [ada, 'init'],
      [ada, 'create', 'One'],
      [bob, 'sync'],
      [bob, 'claim', '1'],
      [bob, 'complete', '1'],
      [ada, 'sync'],
      [ada, 'history', '1'],
      [ada, 'verify'],
    ] as [string, ...string[]][]) {
      const joins = dir === bob && args[0] === 'sync';
      const stderr = joins ? expect.stringMatching(/(?:^|\n)This clone joined the ledger.*\n$/) : '';
      expect(await wl(dir, args), args.join(' ')).toMatchObject({ status: 0, stderr });
    }
    expect(await left()).toEqual([]);
  });

  test('when a merge in the work tree of a person is looked at and worked on, then none of them runs', async () => {
    const { program, left } = await marking();
    const dir = await makeWorkRepo(folder.path);
    const file = join(dir, 'file');
    const commit = async (text: string): Promise<void> => {
      await writeFile(file, text);
      await typeGit(dir, ['add', 'file']);
      await typeGit(dir, ['commit', '--quiet', '-m', text]);
    };
    await commit('one');
    await typeGit(dir, ['checkout', '--quiet', '-b', 'theirs']);
    await commit('two');
    await typeGit(dir, ['checkout', '--quiet', 'main']);
    await commit('three');
    await typeGit(dir, ['merge', '--quiet', 'theirs']).catch(() => undefined);
    setEnvironment(await hostile(program));
    const attributes = join(dir, '.git/info/attributes');
    await writeFile(attributes, '* filter=x diff=x merge=x\n');
    const merge = { top: dir, branch: 'refs/heads/main', unmerged: ['file'] };
    expect(await findWorkTree(dir)).toMatchObject(merge);
    await writeFile(attributes, '');
    await checkoutFrom(dir, 'theirs', 'file');
    expect(await readFile(file, 'utf8')).toBe('two');
    await abortMerge(dir);
    expect(await findWorkTree(dir)).toMatchObject({ ...merge, merging: undefined, unmerged: [] });
    const gitDir = join(dir, '.git');
    const move = { gitDir, trees: [gitDir], ref: 'refs/heads/main', from: 'HEAD', to: 'HEAD~1' };
    await moveWithTrees(move, async () => ({ moved: true }));
    expect(await readFile(file, 'utf8')).toBe('one');
    expect(await left()).toEqual([]);
  });
});

describe('given what git itself obeys to reach a remote', () => {
  test.each([
    ['GIT_SSH_COMMAND', (ssh: string) => ({ GIT_SSH_COMMAND: ssh })],
    ['GIT_SSH', (ssh: string) => ({ GIT_SSH: ssh })],
    ['core.sshCommand', (ssh: string) => byEnvironment([['core.sshCommand', ssh]])],
  ])('when it is %s, then that program reaches it', async (_, environment) => {
    const remote = await makeBareRepo(folder.path, 'shared.git');
    const dir = await makeWorkRepo(folder.path);
    await typeGit(dir, ['remote', 'add', 'origin', `ssh://host.invalid${remote}`]);
    const ssh = join(folder.path, 'ssh');
    await writeFile(ssh, '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n');
    await chmod(ssh, 0o755);
    setEnvironment({ ...environment(ssh), GIT_SSH_VARIANT: 'ssh' });
    expect((await wl(dir, ['init'])).stdout).toMatch(/shared on origin/);
  });

  test.each([
    ['GIT_ASKPASS', (askPass: string) => ({ GIT_ASKPASS: askPass })],
    ['SSH_ASKPASS', (askPass: string) => ({ SSH_ASKPASS: askPass })],
    ['core.askPass', (askPass: string) => byEnvironment([['core.askPass', askPass]])],
    [
      'credential.helper',
      () => byEnvironment([['credential.helper', '!f() { echo username=ada; echo password=secret; }; f']]),
    ],
    [
      'http.extraHeader',
      () =>
        byEnvironment([
          ['http.extraHeader', `Authorization: Basic ${Buffer.from('ada:secret').toString('base64')}`],
        ]),
    ],
    [
      'http.proxy',
      (_askPass: string, address: string) =>
        byEnvironment([
          ['http.proxy', address.replace('/shared.git', '')],
          ['url.http://ada:secret@host.invalid/.insteadOf', address.replace('shared.git', '')],
        ]),
    ],
  ])('when it is %s, then the remote answers', async (_, environment) => {
    await makeBareRepo(folder.path, 'shared.git');
    const server = await GitHttpServer.start(folder.path, { user: 'ada', password: 'secret' });
    onTestFinished(() => server.stop());
    const address = server.url('shared.git');
    const dir = await makeWorkRepo(folder.path);
    await typeGit(dir, ['remote', 'add', 'origin', address]);
    const askPass = join(folder.path, 'ask-pass');
    await writeFile(askPass, '#!/bin/sh\ncase $1 in U*) echo ada;; *) echo secret;; esac\n');
    await chmod(askPass, 0o755);
    const list = () =>
      talk(join(dir, '.git'), ['ls-remote', 'origin'], new Patience(() => Date.now(), 10_000));
    expect(await list()).toMatchObject({ ok: false });
    setEnvironment(environment(askPass, address));
    expect(await list()).toEqual({ ok: true, said: '', begun: true });
  });
});

describe('the environment of git', () => {
  const set = (name: string, value: string): string | undefined => {
    setEnvironment({ [name]: value });
    return gitEnvironment()[name];
  };

  test.each([
    ...PROGRAMS,
    'GIT_DIR',
    'GIT_COMMON_DIR',
    'GIT_NAMESPACE',
    'GIT_QUARANTINE_PATH',
    'GIT_AUTHOR_DATE',
    'GIT_COMMITTER_DATE',
    'GIT_WORK_TREE',
    'GIT_INDEX_FILE',
    'GIT_PREFIX',
    'GIT_OBJECT_DIRECTORY',
    'GIT_SHALLOW_FILE',
    'GIT_REPLACE_REF_BASE',
    'GIT_ATTR_SOURCE',
    'GIT_CONFIG',
    'GIT_LITERAL_PATHSPECS',
    'GIT_TEMPLATE_DIR',
    'GIT_CURL_VERBOSE',
    ...[
      'GIT_DEFAULT_HASH',
      'GIT_DEFAULT_REF_FORMAT',
      'GIT_REFLOG_ACTION',
      'GIT_REF_PARANOIA',
      'GIT_NOTES_REF',
    ],
  ])('given %s, then git is started without it', (name) => {
    expect(set(name, '/somewhere')).toBeUndefined();
  });

  test.each([
    ...['GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_SSH_VARIANT', 'GIT_PROXY_COMMAND'],
    ...['GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0', 'GIT_CONFIG_PARAMETERS'],
    ...['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM', 'GIT_EXEC_PATH', 'PREFIX'],
    ...['GIT_SSL_NO_VERIFY', 'GIT_SSL_CAINFO', 'GIT_ALLOW_PROTOCOL', 'https_proxy', 'SSH_AUTH_SOCK'],
  ])('given %s, then git has it', (name) => {
    expect(set(name, '/somewhere')).toBe('/somewhere');
  });

  test('given a file of grafts, then git is started with none', () => {
    expect(set('GIT_GRAFT_FILE', '/somewhere')).toBe(`${devNull}/none`);
  });

  test('given a push that is judged, then git sees its objects, and those that they build on', () => {
    const incoming = { GIT_OBJECT_DIRECTORY: '/incoming', GIT_ALTERNATE_OBJECT_DIRECTORIES: '/objects' };
    setEnvironment(incoming);
    expect(gitEnvironment(true)).toMatchObject(incoming);
    expect(Object.keys(gitEnvironment())).not.toEqual(expect.arrayContaining(Object.keys(incoming)));
  });

  test('given each variable that git calls one of a repository, then git is started without it, but for settings', async () => {
    const { stdout } = await runGit({ args: ['rev-parse', '--local-env-vars'], cwd: '/' });
    const names = stdout.toString().split('\n').filter(Boolean);
    expect(names).toContain('GIT_ALTERNATE_OBJECT_DIRECTORIES');
    const kept = names.filter((name) => set(name, '/somewhere') === '/somewhere');
    expect(kept.sort()).toEqual(['GIT_CONFIG_COUNT', 'GIT_CONFIG_PARAMETERS']);
  });

  test.each(['GIT_TRACE', 'GIT_TRACE_PACKET', 'GIT_TRACE_CURL', 'GIT_TRACE2', 'GIT_TRACE2_EVENT'])(
    'given %s, then a file is written, and standard error is git’s answer alone',
    (name) => {
      for (const value of ['1', 'true', 'True', '2', '9']) expect(set(name, value)).toBeUndefined();
      for (const value of ['/tmp/trace', '0', 'af_unix:/tmp/socket']) expect(set(name, value)).toBe(value);
    },
  );

  test('given how much a trace is to tell, then that is left as it is', () => {
    for (const name of [
      'GIT_TRACE_REDACT',
      'GIT_TRACE_CURL_NO_DATA',
      'GIT_TRACE2_BRIEF',
      'GIT_TRACE2_EVENT_NESTING',
    ])
      expect(set(name, '1'), name).toBe('1');
  });

  test('given traces, when git fails, then only its own words are there, and the file has the rest', async () => {
    const file = join(folder.path, 'trace');
    setEnvironment({ GIT_TRACE: file, GIT_TRACE_SETUP: '1', GIT_TRACE2: '1', GIT_TRACE2_PERF: 'true' });
    const { stderr } = await runGit({ args: ['rev-parse', '--git-dir'], cwd: folder.path });
    // Where it stops to look for one depends on the file system.
    expect(stderr).toMatch(/^fatal: not a git repository .*\n(?:Stopping at .*\n)?$/);
    expect(await readFile(file, 'utf8')).toMatch(/rev-parse/);
  });

  test('given the sources, when git is started, then it is by one of the two places that give it this', () => {
    const root = fileURLToPath(new URL('../../../src/', import.meta.url));
    const using = (pattern: RegExp): string[] =>
      globSync('**/*.ts', { cwd: root }).filter((file) =>
        pattern.test(readFileSync(`${root}${file}`, 'utf8')),
      );
    expect(using(/\b(?:spawn|spawnSync|exec\w*|fork)\(\s*['"`]git/)).toEqual([]);
    expect(using(/['"]git['"], \.\.\./)).toEqual(['git/process/run.ts']);
    expect(using(/\bspawn\(/).sort()).toEqual([
      'agents/workers/process-group.ts',
      'cli/relaunch.ts',
      'git/process/run.ts',
    ]);
    expect(using(/from 'simple-git'/)).toEqual(['git/client.ts']);
  });

  test('given the sources, when they name a command of git, then it is in the layer of git, by the one who is to run it', () => {
    const root = fileURLToPath(new URL('../../../src/', import.meta.url));
    const commands = new Set(execFileSync('git', ['--list-cmds=main'], { encoding: 'utf8' }).split('\n'));
    const page = readFileSync(new URL('../../../docs/rooms.md', import.meta.url), 'utf8');
    const told = (by: string): string[] => {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${by}\``)) ?? '';
      return [...(row.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    };
    /** The first word of each array that is no option. */
    const namedIn = (files: readonly string[]): string[] => {
      const arrays = files.flatMap(
        (file) => readFileSync(`${root}${file}`, 'utf8').match(/\[[^[\]]*\]/g) ?? [],
      );
      const words = arrays.map((text) => /(?<=')[a-z]+(?:-[a-z]+)*(?=')/.exec(text)?.[0] ?? '');
      return [...new Set(words.filter((word) => word !== '' && commands.has(word)))].sort();
    };
    const inGit = globSync('git/**/*.ts', { cwd: root }).filter(
      (file) =>
        !['git/client.ts', 'git/transport.ts'].includes(file) &&
        /\/run\.ts'/.test(readFileSync(`${root}${file}`, 'utf8')),
    );
    expect(namedIn(inGit)).toEqual(told('git/process/run.ts'));
    expect(namedIn(['git/client.ts'])).toEqual(told('git/client.ts'));
    expect(namedIn(globSync('remote/*.ts', { cwd: root }))).toEqual(told('git/transport.ts'));
  });
});

test('given a token in the environment’s settings, when what git said of the configuration is kept, then the token is not', async () => {
  const dir = await makeWorkRepo(folder.path);
  const state = join(dir, '.git/work-ledger');
  await mkdir(state);
  setEnvironment({
    ...byEnvironment([
      ['http.extraHeader', 'Authorization: Basic t0ken'],
      ['url.https://t0ken@host.invalid/.insteadOf', 'https://host.invalid/'],
    ]),
    GIT_CONFIG_PARAMETERS: `'credential.helper'='!echo password=t0ken'`,
  });
  const later = (): number => Date.now() + 60_000;
  await openRepository(dir, later);
  expect(await readdir(state)).toEqual(['config-cache.json']);
  expect(await readFile(join(state, 'config-cache.json'), 'utf8')).not.toContain('t0ken');
  await typeGit(dir, ['config', 'ledger.actor', 'ada']);
  setEnvironment(byEnvironment([['remote.origin.url', 'https://t0ken@host.invalid/shared.git']]));
  expect((await openRepository(dir, later)).remotes.get('origin')).toContain('t0ken');
  expect(await readFile(join(state, 'config-cache.json'), 'utf8')).not.toContain('t0ken');
});
