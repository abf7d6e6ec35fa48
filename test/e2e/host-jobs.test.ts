import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initLedger, itemOf, openLedger } from '../../src/index.ts';
import { MAIN } from '../cli/workplace.ts';
import {
  type ActionsHost,
  gitlabStep,
  readGitlab,
  readWorkflow,
  type Step,
  stepsOf,
  WORKFLOWS,
} from '../helpers/host-jobs.ts';
import {
  isolatedEnv,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

const ACTIONS = Object.keys(WORKFLOWS) as ActionsHost[];

let folder: TempFolder;
let remote: string;
let bin: string;
/** The shared tip, a proposal on top of it, both merged as a host would, and a commit that is no transition. */
let tip: string;
let proposal: string;
let merged: string;
let forged: string;
let branch: string;
/** The program, as an operator names it. */
let named: string;

const script = async (name: string, text: string): Promise<void> => {
  await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(bin, name), 0o755);
};

beforeAll(async () => {
  folder = await makeTempFolder();
  remote = await makeBareRepo(folder.path, 'remote.git');
  bin = join(folder.path, 'bin');
  await mkdir(bin);
  // What is put under test is what the jobs say, so nothing is fetched: what is asked for lies here.
  await script(
    'npm',
    'test "$1 $2 $3 $4 $6" = "pack --silent --ignore-scripts --pack-destination --" && cp "$7" "$5"',
  );
  named = await pack();
  await propose();
});

/** Packs a program that hands on what it is asked, and writes down what the proposal's check is. @returns what names it */
async function pack(): Promise<string> {
  const main = join(folder.path, 'package/dist/cli/main.cjs');
  await mkdir(dirname(main), { recursive: true });
  await writeFile(
    main,
    `const [, , ...args] = process.argv;
    if (args[0] === 'review') require('node:fs').writeFileSync(process.env.ASKED, args.slice(2).join('\\n') + '\\n');
    else process.exitCode = require('node:child_process').spawnSync(process.execPath, [${JSON.stringify(MAIN)}, ...args], { stdio: 'inherit' }).status;`,
  );
  const file = join(folder.path, 'wl.tgz');
  spawnSync('tar', ['-czf', file, '-C', folder.path, 'package']);
  const digest = createHash('sha512')
    .update(await readFile(file))
    .digest('base64');
  return `${file} sha512-${digest}`;
}
afterAll(() => folder.cleanup());

/** Makes a ledger and a proposal in it, and what a host makes of the two. */
async function propose(): Promise<void> {
  const dir = await makeWorkRepo(folder.path, 'ada');
  await runGit(dir, ['remote', 'add', 'origin', remote]);
  const { ledger } = await initLedger({ dir, actor: 'ada' });
  const { id } = await ledger.createWork({ title: 'One' });
  const item = itemOf(await ledger.claimWork(id));
  await ledger.work.batch([ledger.work.command('submit', { id, result: {}, epoch: item.claim?.epoch })]);
  await ledger.close();
  tip = await runGit(dir, ['rev-parse', 'work-ledger']);
  const reviewer = await openLedger({ dir, actor: 'bob', mode: 'local' });
  await reviewer.work.batch([reviewer.work.command('approve', { id })]);
  await reviewer.close();
  proposal = await runGit(dir, ['rev-parse', 'work-ledger']);
  branch = `review/${id}`;
  const commit = (tree: string, ...parents: string[]): Promise<string> =>
    runGit(dir, ['commit-tree', tree, '-m', 'Merge', ...parents.flatMap((parent) => ['-p', parent])]);
  merged = await commit(`${proposal}^{tree}`, tip, proposal);
  forged = await commit(`${proposal}^{tree}`, tip);
  await runGit(dir, [
    'push',
    '--quiet',
    'origin',
    `${proposal}:refs/heads/${branch}`,
    `${merged}:refs/pull/7/merge`,
    `${proposal}:refs/merge-requests/7/head`,
    `${merged}:refs/heads/gh-readonly-queue/work-ledger/pr-7`,
    `${forged}:refs/heads/forged`,
  ]);
}

/** A checkout as a host's runner makes it. */
async function checkout(refspecs: readonly string[], at: readonly string[]): Promise<string> {
  const dir = await makeWorkRepo(folder.path, 'checkout');
  await runGit(dir, ['remote', 'add', 'origin', remote]);
  await runGit(dir, ['fetch', '--quiet', '--no-tags', 'origin', ...refspecs]);
  await runGit(dir, ['checkout', '--quiet', '--force', ...at]);
  return dir;
}

const BRANCHES = '+refs/heads/*:refs/remotes/origin/*';

interface Ran {
  status: number;
  said: string;
  /** Arguments of `wl review check`. */
  asked: string[];
}

/** Runs steps one after the other, as far as they succeed, and takes the checkout away. */
async function run(dir: string, steps: readonly Step[], env: Record<string, string>): Promise<Ran> {
  const askedFile = join(folder.path, 'asked');
  await rm(askedFile, { force: true });
  const added = join(folder.path, 'path');
  await writeFile(added, '');
  let status = 0;
  let said = '';
  for (const step of steps) {
    const folders = (await readFile(added, 'utf8')).split('\n').filter(Boolean);
    const path = [...folders, bin, process.env.PATH].join(delimiter);
    const ran = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step.run], {
      cwd: dir,
      env: {
        ...isolatedEnv(),
        ...env,
        ...step.env,
        PATH: path,
        GITHUB_PATH: added,
        ASKED: askedFile,
        WL_ACTOR: 'runner',
      },
      encoding: 'utf8',
    });
    said += ran.stdout + ran.stderr;
    status = ran.status ?? 1;
    if (status !== 0) break;
  }
  await rm(dir, { recursive: true });
  const asked = await readFile(askedFile, 'utf8').catch(() => '');
  return { status, said, asked: asked.split('\n').slice(0, -1) };
}

describe.each(ACTIONS)('given the jobs of %s', (host) => {
  const stepsAt = (event: object): Step[] => stepsOf(host, { WORK_LEDGER: named, ...event });

  it('then they may read and nothing else, name the ledger branch, and take what the repository names', () => {
    const { on, permissions, env } = readWorkflow(host);
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.values(on)).toEqual(Object.keys(on).map(() => ({ branches: ['work-ledger'] })));
    expect(Object.keys(on)).toEqual(
      host === 'github' ? ['pull_request', 'merge_group', 'push'] : ['pull_request', 'push'],
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of the host
    expect(env).toEqual({ WORK_LEDGER: '${{ vars.WORK_LEDGER }}', LEDGER: 'work-ledger' });
  });

  it('then a busy ledger has one job that runs and one that waits, and each ends by itself', () => {
    const { concurrency, jobs } = readWorkflow(host);
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of the host
    expect(concurrency).toEqual({
      group: 'work-ledger-${{ github.event_name }}-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    });
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of the host
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(15);
  });

  it.each([
    ['nothing', ''],
    ['a name that anyone can register', 'work-ledger@1.2.3'],
    ['a tarball without its integrity', '/srv/wl.tgz latest'],
    ['another tarball', `@ sha512-${'A'.repeat(86)}==`],
  ])(
    'when %s names the program, then the job fails in one sentence, and runs nothing',
    async (_what, given) => {
      const dir = await checkout([BRANCHES], ['--detach', proposal]);
      const [file = ''] = named.split(' ');
      const steps = stepsAt({ event_name: 'push', WORK_LEDGER: given.replace('@ ', `${file} `) });
      const { status, said } = await run(dir, steps, { GITHUB_SHA: tip });
      expect(status).toBe(1);
      expect(said.trim().split('\n')).toHaveLength(1);
      expect(said).toContain('WORK_LEDGER');
    },
  );

  it('then no proposal has a secret, and only what was pushed is kept for the next check', () => {
    const text = JSON.stringify(readWorkflow(host));
    expect(text).not.toMatch(/secrets\.|pull_request_target|workflow_run|write/);
    const steps = Object.values(readWorkflow(host).jobs).flatMap((job) => job.steps);
    const caches = steps.filter(({ uses }) => uses?.startsWith('actions/cache'));
    expect(caches).toMatchObject([
      { if: "github.event_name == 'push'", with: { path: '.git/work-ledger/verified' } },
    ]);
  });

  it('then actions are named by a commit, credentials are not kept, and no script holds what a stranger wrote', () => {
    const steps = Object.values(readWorkflow(host).jobs).flatMap((job) => job.steps);
    for (const { uses, run: text } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
      if (text !== undefined) expect(text).not.toContain('${{');
    }
    const [first] = steps as { uses?: string; with?: object }[];
    expect(first).toMatchObject({ with: { 'fetch-depth': 0, 'persist-credentials': false } });
  });

  it('when the ledger is pushed, then it is verified', async () => {
    const dir = await checkout([BRANCHES], ['-B', 'work-ledger', 'refs/remotes/origin/work-ledger']);
    const steps = stepsAt({ event_name: 'push' });
    expect(await run(dir, steps, { GITHUB_SHA: tip })).toEqual({ status: 0, said: '', asked: [] });
  });

  it('when what is pushed is no transition, then the job fails and says which commit', async () => {
    const dir = await checkout([BRANCHES], ['--detach', 'refs/remotes/origin/forged']);
    const { status, said } = await run(dir, stepsAt({ event_name: 'push' }), { GITHUB_SHA: forged });
    expect(status).toBe(9);
    expect(said).toContain('::error');
    expect(said).toContain(forged.slice(0, 10));
  });

  it('when a proposal is opened, then its check is asked with the commits that are there', async () => {
    const dir = await checkout(
      [BRANCHES, `+${merged}:refs/remotes/pull/7/merge`],
      ['refs/remotes/pull/7/merge'],
    );
    const base = await runGit(dir, ['rev-parse', 'origin/work-ledger']);
    const head = await runGit(dir, ['rev-parse', `${proposal}^{commit}`]);
    expect([base, head]).toEqual([tip, proposal]);
    const event = { pull_request: { head: { sha: proposal, ref: branch } } };
    const { status, asked } = await run(dir, stepsAt({ event_name: 'pull_request', event }), {
      GITHUB_SHA: merged,
    });
    expect(status).toBe(0);
    expect(asked).toEqual([
      '--base',
      'origin/work-ledger',
      '--head',
      proposal,
      '--branch',
      branch,
      '--format',
      'github',
    ]);
  });

  it('when its branch has an evil name, then that is a name and nothing else', async () => {
    const evil = `review/$(touch pwned)";touch pwned;'\${{`;
    const dir = await checkout([BRANCHES], ['--detach', proposal]);
    const event = { pull_request: { head: { sha: proposal, ref: evil } } };
    const { asked } = await run(dir, stepsAt({ event_name: 'pull_request', event }), {
      GITHUB_SHA: proposal,
    });
    expect(asked[5]).toBe(evil);
  });
});

it('given the jobs of github, when a merge queue makes a group, then what it made is verified', async () => {
  const dir = await checkout(
    [BRANCHES],
    ['-B', 'queue', 'refs/remotes/origin/gh-readonly-queue/work-ledger/pr-7'],
  );
  const ran = await run(dir, stepsOf('github', { WORK_LEDGER: named, event_name: 'merge_group' }), {
    GITHUB_SHA: merged,
  });
  expect(ran).toEqual({ status: 0, said: '', asked: [] });
});

describe('given the jobs of gitlab', () => {
  it('then they run for the ledger branch alone, in an image of a major version', () => {
    const { workflow, default: all, variables } = readGitlab();
    for (const rule of workflow.rules) expect(rule.if).toContain('== "work-ledger"');
    expect(all.image).toMatch(/^node:\d+$/);
    expect(variables).toEqual({ LEDGER: 'work-ledger', GIT_DEPTH: '0' });
  });

  it('then one check of what was pushed runs and one waits, each ends by itself, and where it ended is kept', () => {
    const { workflow, default: all, proposal: asked, ledger } = readGitlab();
    expect(workflow.auto_cancel).toEqual({ on_new_commit: 'conservative' });
    expect([all.timeout, asked.interruptible, ledger.interruptible]).toEqual(['15 minutes', true, false]);
    expect(ledger).toMatchObject({
      resource_group: 'work-ledger',
      cache: { paths: ['.git/work-ledger/verified'] },
    });
  });

  it('when nothing names the program, then the job fails in one sentence', async () => {
    const dir = await checkout([BRANCHES], ['--detach', tip]);
    const { status, said } = await run(dir, [gitlabStep('ledger')], { CI_COMMIT_SHA: tip });
    expect([status, said.trim().split('\n')]).toEqual([1, [expect.stringContaining('WORK_LEDGER')]]);
  });

  it('when a merge train makes a merge, then it is verified', async () => {
    const dir = await checkout([BRANCHES], ['--detach', merged]);
    const ran = await run(dir, [gitlabStep('train')], { WORK_LEDGER: named, CI_COMMIT_SHA: merged });
    expect(ran).toMatchObject({ status: 0, said: expect.stringMatching(/^ok: /) });
  });

  it('when the ledger is pushed, then it is verified', async () => {
    const dir = await checkout(
      ['+refs/heads/work-ledger:refs/remotes/origin/work-ledger'],
      ['--detach', tip],
    );
    const { status, said } = await run(dir, [gitlabStep('ledger')], {
      WORK_LEDGER: named,
      CI_COMMIT_SHA: tip,
    });
    expect(said).toMatch(/^ok: /);
    expect(status).toBe(0);
  });

  it('when what is pushed is no transition, then the job fails', async () => {
    const dir = await checkout(['+refs/heads/forged:refs/remotes/origin/forged'], ['--detach', forged]);
    expect(
      await run(dir, [gitlabStep('ledger')], { WORK_LEDGER: named, CI_COMMIT_SHA: forged }),
    ).toMatchObject({ status: 9 });
  });

  it.each([
    ['alone', {}],
    ['merged', { CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: 'source' }],
  ])('when a proposal is checked %s, then its check is asked for its own commit', async (_how, more) => {
    const dir = await checkout(
      ['+refs/merge-requests/7/head:refs/merge-requests/7/head'],
      ['--detach', proposal],
    );
    const { asked } = await run(dir, [gitlabStep('proposal')], {
      WORK_LEDGER: named,
      CI_COMMIT_SHA: proposal,
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: `${branch}$(touch pwned)`,
      ...more,
    });
    const head = 'CI_MERGE_REQUEST_SOURCE_BRANCH_SHA' in more ? 'source' : proposal;
    expect(asked).toEqual([
      '--base',
      'origin/work-ledger',
      '--head',
      head,
      '--branch',
      `${branch}$(touch pwned)`,
    ]);
  });
});
