import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { installHooks } from '../../src/githooks/install.ts';
import { type ForgedCommit, forge, inFile, inMessage } from '../audit/forge.ts';
import { Forger, OTHER_OP } from '../audit/forger.ts';
import { FIRST, SECOND, THIRD } from '../audit/honest.ts';
import { isolatedEnv, makeBareRepo, runGit } from '../helpers/temp-repo.ts';

const PROGRAM = {
  node: process.execPath,
  main: new URL('../../src/cli/main.ts', import.meta.url).pathname,
};
const ACTIVE = `active/2026-01/x01/${FIRST}.yaml`;
const BRANCH = 'refs/heads/work-ledger';
const BOMB = 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n';

const forger = new Forger();
let bare: string;
/** The honest commits, oldest first. */
let honest: string[];

beforeAll(async () => {
  const tip = await forger.write(forger.history);
  honest = (await runGit(forger.gitDir, ['rev-list', '--reverse', tip])).split('\n');
  bare = await makeBareRepo(forger.folder);
  await installHooks({ side: 'server', dir: bare, program: PROGRAM });
  // The forger's own objects are to reach the hook, whatever git itself thinks of them.
  await runGit(bare, ['config', 'receive.fsckObjects', 'false']);
});

interface Pushed {
  ok: boolean;
  said: string;
}

function push(refspec: string): Pushed {
  const { status, stderr } = spawnSync('git', ['push', '--porcelain', bare, refspec], {
    cwd: forger.gitDir,
    env: isolatedEnv(),
    encoding: 'utf8',
  });
  return { ok: status === 0, said: stderr };
}

/** Puts the remote's ledger where it is to be, as its operator can. */
const setRemote = (commit: string | undefined): Promise<string> =>
  commit === undefined
    ? runGit(bare, ['update-ref', '-d', BRANCH])
    : runGit(bare, ['fetch', '--quiet', '--update-head-ok', forger.gitDir, `+${commit}:${BRANCH}`]);

const remoteTip = (): Promise<string> => runGit(bare, ['for-each-ref', '--format=%(objectname)', BRANCH]);

/** Pushes `tip` onto `base`. @returns the rule by which it was refused */
async function refused(
  base: string | undefined,
  tip: string,
  refspec = `+${tip}:${BRANCH}`,
): Promise<string> {
  await setRemote(base);
  const { ok, said } = push(refspec);
  expect(await remoteTip()).toBe(base ?? '');
  expect(ok).toBe(false);
  const lines = said.split('\n').filter((line) => line.includes('work-ledger: refused'));
  expect(lines).toHaveLength(1);
  const [, rule = '', commit = ''] = /refused \S+: (\S+) \(([0-9a-f]{12})/.exec(lines[0] ?? '') ?? [];
  expect(tip === '' || commit !== '').toBe(true);
  return rule;
}

/** The rule by which a forged last commit is refused, pushed alone onto what is honest. */
async function broken(
  start: string,
  tamper: (commit: ForgedCommit) => Partial<ForgedCommit>,
): Promise<string> {
  const commits = forge(forger.history, start, tamper);
  return refused(honest[commits.length - 2], await forger.write(commits));
}

describe('given a server with the hook', () => {
  it('when honest history is pushed, whole and then commit by commit, then all of it is taken', async () => {
    await setRemote(undefined);
    expect(push(`${honest.at(2)}:${BRANCH}`)).toMatchObject({ ok: true });
    expect(push(`${honest.at(3)}:${BRANCH}`)).toMatchObject({ ok: true });
    expect(push(`${honest.at(7)}:${BRANCH}`)).toMatchObject({ ok: true });
    expect(push(`${honest.at(-1)}:${BRANCH}`)).toMatchObject({ ok: true });
    expect(await remoteTip()).toBe(honest.at(-1));
  });

  it('when the branch is deleted, then that is refused', async () => {
    expect(await refused(honest.at(-1), '', `:${BRANCH}`)).toBe('deletion');
  });

  it('when the branch is set back, then that is refused', async () => {
    expect(await refused(honest.at(-1), honest.at(-2) ?? '')).toBe('non-fast-forward');
  });

  it('when another line replaces the last commits, then that is refused', async () => {
    const comment = await forger.write([...forger.history.slice(0, 4), ...forger.history.slice(5, 6)]);
    expect(await refused(honest.at(5), comment)).toBe('non-fast-forward');
  });

  it('when a foreign root is put in its place, or merged in, then that is refused', async () => {
    const root = forger.history.slice(0, 1);
    const foreign = await forger.write([...root.map((one) => ({ ...one, committed: 1_767_438_001 }))]);
    expect(await refused(honest.at(-1), foreign)).toBe('root');
    const merged = await forger.write([
      ...forger.history,
      { ...(forger.history[0] as ForgedCommit), committed: 1_767_438_002, parents: [] },
      {
        message: 'Merge\n',
        author: 'ada',
        at: 1_767_438_000,
        files: [],
        parents: [forger.history.length - 1, forger.history.length],
      },
    ]);
    expect(await refused(honest.at(-1), merged)).toBe('root');
  });
});

describe('given a forged commit, when it is pushed, then it is refused by its rule:', () => {
  it.each([
    ['a YAML alias bomb', { text: BOMB }, 'file:alias'],
    [
      'conflict markers',
      { text: '<<<<<<< ours\nrev: 2\n=======\nrev: 3\n>>>>>>> theirs\n' },
      'file:conflict',
    ],
    ['a 50 MB blob', { text: Buffer.alloc(50 * 1024 * 1024, 'x') }, 'file:size'],
    ['a symbolic link', { text: '/etc/passwd', mode: '120000' }, 'mode'],
    ['an executable', { text: 'same', mode: '100755' }, 'mode'],
  ])('%s', async (_what, file, rule) => {
    const text = file.text === 'same' ? forger.textOf(`checkpoint ${FIRST}`) : file.text;
    expect(await broken(`checkpoint ${FIRST}`, () => ({ files: [{ path: ACTIVE, ...file, text }] }))).toBe(
      rule,
    );
  });

  it('a file beside the item', async () => {
    const beside = { path: 'README.md', text: 'Hello.\n' };
    expect(await broken(`checkpoint ${FIRST}`, ({ files }) => ({ files: [...files, beside] }))).toBe('item');
  });

  it('a path of another month', async () => {
    const stray = { path: ACTIVE.replace('/x01/', '/x02/'), text: 'a' };
    expect(await broken(`checkpoint ${FIRST}`, ({ files }) => ({ files: [...files, stray] }))).toBe('path');
  });

  it('the settings, in a transition', async () => {
    const settings = { path: 'ledger.yaml', text: 'a: 1\n' };
    expect(await broken(`checkpoint ${FIRST}`, ({ files }) => ({ files: [...files, settings] }))).toBe(
      'configure',
    );
  });

  it('two items in one commit', async () => {
    const text = forger.textOf(`create ${SECOND}`).replace('rev: 1', 'rev: 2');
    const second = { path: ACTIVE.replaceAll('01.yaml', '02.yaml').replace('/x01/', '/x02/'), text };
    expect(await broken(`checkpoint ${FIRST}`, ({ files }) => ({ files: [...files, second] }))).toBe('item');
  });

  it('more files than any transition touches', async () => {
    const many = Array.from({ length: 30 }, (_, n) => ({ path: `junk/${n}`, text: 'x' }));
    expect(await broken(`checkpoint ${FIRST}`, () => ({ files: many }))).toBe('size');
  });

  it('a file that is gone without the verb', async () => {
    expect(await broken(`checkpoint ${FIRST}`, () => ({ files: [{ path: ACTIVE, text: undefined }] }))).toBe(
      'deleted',
    );
  });

  it('an item that did not leave its old place', async () => {
    const stays = ({ files }: ForgedCommit) => ({ files: files.filter(({ text }) => text !== undefined) });
    expect(await broken(`complete ${FIRST}`, stays)).toBe('path');
  });

  it('a status that jumped', async () => {
    const completed = forger.commitOf(`complete ${FIRST}`);
    const jump = [...forger.history.slice(0, 3), completed];
    expect(await refused(honest[2], await forger.write(jump))).toBe('rev');
  });

  it('another who completes', async () => {
    const stolen = (commit: ForgedCommit) => ({
      author: 'eve',
      ...inMessage(commit, 'Actor: bob', 'Actor: eve'),
    });
    expect(await broken(`complete ${FIRST}`, stolen)).toBe('illegal:NOT_OWNER');
  });

  it('another’s name', async () => {
    expect(await broken(`complete ${FIRST}`, () => ({ author: 'eve' }))).toBe('author');
  });

  it('an epoch that went back', async () => {
    const back = (commit: ForgedCommit) => ({
      ...inFile(commit, 'epoch: 2', 'epoch: 1'),
      ...inMessage(commit, 'Work-Epoch: 2', 'Work-Epoch: 1'),
    });
    expect(await broken(`submit ${SECOND}`, back)).toBe('epoch');
  });

  it('another execution than the one that claimed', async () => {
    const other = (commit: ForgedCommit) => ({
      ...inFile(commit, /exec-3/g, 'exec-9'),
      ...inMessage(commit, 'exec-3', 'exec-9'),
    });
    expect(await broken(`submit ${SECOND}`, other)).toBe('illegal:STALE_EPOCH');
  });

  it.each([
    ['Work-Rev', 'Work-Rev: 3', 'Work-Rev: 4', 'trailer:Work-Rev'],
    ['Work-Status', 'Work-Status: in_progress', 'Work-Status: pending', 'trailer:Work-Status'],
    ['Work-Epoch', 'Work-Epoch: 1', 'Work-Epoch: 7', 'trailer:Work-Epoch'],
    ['a trailer twice', /^Work-Rev: 3$/m, 'Work-Rev: 3\nWork-Rev: 3', 'repeated'],
    ['no trailers', /^Work-[\s\S]*$/m, '', 'message'],
  ])('a message that lies: %s', async (_what, from, to, rule) => {
    expect(await broken(`checkpoint ${FIRST}`, (commit) => inMessage(commit, from, to))).toBe(rule);
  });

  it('more than the verb changes', async () => {
    const more = (commit: ForgedCommit) => inFile(commit, 'priority: medium', 'priority: critical');
    expect(await broken(`checkpoint ${FIRST}`, more)).toBe('content');
  });

  it('the same item in other bytes', async () => {
    expect(await broken(`checkpoint ${FIRST}`, (commit) => inFile(commit, /^/, '# hello\n'))).toBe(
      'canonical',
    );
  });

  it('an id that was given before, in the push or long ago', async () => {
    const create = forger.commitOf(`create ${THIRD}`);
    const again = {
      ...create,
      ...inMessage(create, /^Work-Op: .*$/m, `Work-Op: ${OTHER_OP}`),
      ...inFile(create, /^last_op: .*$/m, `last_op: "${OTHER_OP}"`),
    };
    const tip = await forger.write([...forger.history, again]);
    expect(await refused(honest.at(-1), tip)).toBe('reused');
    expect(await refused(honest[4], tip)).toBe('reused');
  });

  it('a transition that happened before, in the push or long ago', async () => {
    const comment = forger.history.at(-1) as ForgedCommit;
    const tip = await forger.write([...forger.history, comment]);
    expect(await refused(honest.at(-1), tip)).toBe('op');
    expect(await refused(honest[4], tip)).toBe('op');
  });

  it('a transition under the name of a change of settings', async () => {
    const configure = forger.commitOf('configure').message;
    const op = /^Work-Op: (.*)$/m.exec(configure)?.[1] ?? '';
    const renamed = (commit: ForgedCommit) => ({
      ...inMessage(commit, /^Work-Op: .*$/m, `Work-Op: ${op}`),
      ...inFile(commit, /^last_op: .*$/m, `last_op: ${op}`),
    });
    expect(await broken(`comment ${SECOND}`, renamed)).toBe('op');
  });

  it('a commit that is dated before what its parent records', async () => {
    expect(await broken(`comment ${SECOND}`, () => ({ committed: 1_767_000_000 }))).toBe('clock');
  });

  it('a commit of the future', async () => {
    expect(await broken(`comment ${SECOND}`, () => ({ committed: 4_000_000_000 }))).toBe('clock');
  });

  it('a bad commit that a good one follows', async () => {
    const at = forger.history.findIndex(({ message }) => message.startsWith(`checkpoint ${FIRST}`));
    const bad = forger.history.map((commit, index) => (index === at ? { ...commit, author: 'eve' } : commit));
    expect(await refused(honest[at - 1], await forger.write(bad))).toBe('author');
  });
});

describe('given lines of history that a person merged, when they are pushed', () => {
  const fork = async (left: number[], right: number[], base: number): Promise<string> => {
    const commits: ForgedCommit[] = forger.history.slice(0, base);
    for (const index of left)
      commits.push({ ...(forger.history[index] as ForgedCommit), parents: [commits.length - 1] });
    const tipOfLeft = commits.length - 1;
    right.forEach((index, n) => {
      commits.push({
        ...(forger.history[index] as ForgedCommit),
        parents: [n === 0 ? base - 1 : commits.length - 1],
      });
    });
    const files = right.flatMap((index) => forger.history[index]?.files ?? []);
    const merge = {
      message: 'Merge\n',
      author: 'ada',
      at: 1_767_438_000,
      files,
      parents: [tipOfLeft, commits.length - 1],
    };
    return forger.write([...commits, merge]);
  };
  const indexOf = (start: string): number =>
    forger.history.findIndex(({ message }) => message.startsWith(start));

  it('and each changed other items, then they are taken', async () => {
    const [claim, block] = [indexOf(`claim ${FIRST}`), indexOf(`block ${SECOND}`)];
    const tip = await fork([claim], [block], claim);
    await setRemote(honest[claim]);
    expect(push(`${tip}:${BRANCH}`)).toMatchObject({ ok: true });
  });

  it('and both changed one item, then that is refused', async () => {
    const claim = indexOf(`claim ${FIRST}`);
    const other = forger.history.map((commit, index) =>
      index === claim
        ? {
            ...commit,
            ...inMessage(commit, /^Work-Op: .*$/m, 'Work-Op: 019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11'),
            ...inFile(commit, /^last_op: .*$/m, 'last_op: 019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11'),
          }
        : commit,
    );
    const both = [
      ...forger.history.slice(0, claim + 1),
      { ...(other[claim] as ForgedCommit), parents: [claim - 1] },
      { message: 'Merge\n', author: 'ada', at: 1_767_438_000, files: [], parents: [claim, claim + 1] },
    ];
    expect(await refused(honest[claim], await forger.write(both))).toBe('fork');
  });

  it('and the merge makes up something of its own, then that is refused', async () => {
    const [claim, block] = [indexOf(`claim ${FIRST}`), indexOf(`block ${SECOND}`)];
    const invented = [
      ...forger.history.slice(0, claim + 1),
      { ...(forger.history[block] as ForgedCommit), parents: [claim - 1] },
      {
        message: 'Merge\n',
        author: 'ada',
        at: 1_767_438_000,
        files: [{ path: ACTIVE, text: forger.textOf(`claim ${FIRST}`).replace('medium', 'high') }],
        parents: [claim, claim + 1],
      },
    ];
    expect(await refused(honest[claim], await forger.write(invented))).toBe('merge');
  });
});

describe('given refs beside the branch', () => {
  it('when an offer, presence or a review is put, moved and taken away, then it is taken', async () => {
    await setRemote(honest.at(-2));
    for (const ref of [
      'refs/work-ledger/inbox/abcd1234',
      'refs/work-ledger/presence/ada',
      `refs/heads/review/${FIRST}`,
    ]) {
      expect(push(`${honest.at(-1)}:${ref}`)).toMatchObject({ ok: true });
      expect(push(`+${honest.at(-2)}:${ref}`)).toMatchObject({ ok: true });
      expect(push(`:${ref}`)).toMatchObject({ ok: true });
    }
  });

  it('when one brings more than it may, then that is refused', async () => {
    await setRemote(honest[4]);
    const large = await forger.write(
      forge(forger.history, `checkpoint ${FIRST}`, () => ({
        files: [{ path: 'x', text: Buffer.alloc(3 * 1024 * 1024, 'x') }],
      })),
    );
    for (const ref of [
      'refs/work-ledger/inbox/abcd1234',
      'refs/work-ledger/presence/ada',
      `refs/heads/review/${FIRST}`,
    ]) {
      expect(push(`${large}:${ref}`).said).toContain(`work-ledger: refused ${ref}: size (`);
    }
  });

  it.each([
    'refs/heads/Work-Ledger',
    'refs/tags/work-ledger',
    'refs/heads/REVIEW/WRK-20260103-0001',
    'refs/heads/work\u200c-ledger',
  ])('when it is one that some take for the ledger’s own (%s), then it may not come', async (ref) => {
    await setRemote(honest.at(-1));
    expect(push(`${honest.at(-1)}:${ref}`).said).toContain(
      `: ref (${honest.at(-1)?.slice(0, 12)}): some systems`,
    );
  });

  it('when it is a branch of code, then the hook has nothing to say', async () => {
    await setRemote(honest.at(-1));
    const foreign = await forger.write([
      { message: 'Code\n', author: 'eve', at: 1, files: [{ path: 'a', text: 'b' }] },
    ]);
    expect(push(`${foreign}:refs/heads/main`)).toMatchObject({ ok: true });
    expect(push(`${foreign}:refs/heads/review/main`)).toMatchObject({ ok: true });
    expect(push(':refs/heads/review/main')).toMatchObject({ ok: true });
  });
});

it('given a server whose program is gone, when the ledger is pushed, then it is refused and says why', async () => {
  await setRemote(honest.at(-2));
  const nowhere = { node: '/nowhere/node', main: '/nowhere/main' };
  await installHooks({ side: 'server', dir: bare, program: nowhere });
  const { said } = push(`${honest.at(-1)}:${BRANCH}`);
  await installHooks({ side: 'server', dir: bare, program: PROGRAM });
  expect(said).toContain('work-ledger: refused: wl is not installed on this server');
  expect(await remoteTip()).toBe(honest.at(-2));
});

describe('given a push under newer rules than the server knows', () => {
  const raised = ({ files }: ForgedCommit) => ({
    files: files.map(({ path, text }) => ({
      path,
      text: path === 'ledger.yaml' ? String(text).replace('rules_version: 1', 'rules_version: 2') : text,
    })),
  });
  const refusal = (said: string) =>
    /UPGRADE|under rules 2, and this program knows rules up to 1/.exec(said)?.[0];

  it('when the commit that brings them is pushed, then the server does not take what it cannot judge', async () => {
    const commits = forge(forger.history, 'configure', raised);
    await setRemote(honest[commits.length - 2]);
    const { ok, said } = push(`+${await forger.write(commits)}:${BRANCH}`);
    expect([ok, refusal(said)]).toEqual([false, expect.any(String)]);
    expect(await remoteTip()).toBe(honest[commits.length - 2]);
  });

  it('when they stand there already, then nothing more is taken', async () => {
    const tip = await forger.write(forge(forger.history, 'init', raised));
    await setRemote(tip);
    const child = await runGit(forger.gitDir, ['commit-tree', `${tip}^{tree}`, '-p', tip, '-m', 'a']);
    const { ok, said } = push(`+${child}:${BRANCH}`);
    expect([ok, refusal(said)]).toEqual([false, expect.any(String)]);
  });
});
