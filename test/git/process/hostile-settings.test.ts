import { execFile, execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgePush } from '../../../src/githooks/judge.ts';
import { openLedger } from '../../../src/index.ts';
import { readHistory, writeHistory } from '../../audit/forge.ts';
import { CLOCK } from '../../audit/forger.ts';
import { FIRST, script } from '../../audit/honest.ts';
import { audit, BRANCH, makeLedger, type Place, run } from '../../audit/ledgers.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeTempFolder,
  runGit,
  type TempFolder,
} from '../../helpers/temp-repo.ts';

isolateThisProcess();

const NOW = CLOCK.now().getTime() / 1000;
/** Sections of git's manual whose keys the commands that read know, or could. */
const SECTIONS =
  /^(?:blame|color|column|core|diff|feature|format|grep|i18n|index|interactive|log|mailmap|merge|notes|pager|pretty|push|receive|rerere|showBranch|splitIndex|status|submodule|tag|trailer|transfer|uploadpack|versionsort)\./i;
/** Where a repository is, or which format it has: with these git itself finds none. */
const ELSEWHERE = /^core\.(?:bare|worktree|repositoryFormatVersion|gitProxy|sharedRepository|hooksPath)$/i;
/** The worst that is known of a key; others are turned on, or given a number or a word. */
const WORST: Readonly<Record<string, string>> = {
  'core.abbrev': '4',
  'core.commentchar': 'W',
  'core.attributesfile': 'ATTRIBUTES',
  'core.quotepath': 'true',
  'diff.external': '/bin/false',
  'diff.ignoresubmodules': 'all',
  'diff.orderfile': 'ORDER',
  'diff.renames': 'copies',
  'diff.submodule': 'log',
  'format.pretty': 'oneline',
  'i18n.commitencoding': 'UTF-16',
  'i18n.logoutputencoding': 'UTF-16',
  'log.date': 'relative',
  'log.diffmerges': 'first-parent',
  'log.follow': 'true',
  'log.mailmap': 'true',
  'log.showroot': 'false',
  'log.showsignature': 'true',
  'notes.displayref': 'refs/notes/*',
  'mailmap.file': 'MAILMAP',
  'trailer.separators': '=',
};

let folder: TempFolder;
let place: Place;
/** An honest line, and one commit on it that hides a submodule beside the item. */
let [honest, forged] = ['', ''];
let config = '';
let keys = 0;

beforeAll(async () => {
  folder = await makeTempFolder();
  place = await makeLedger(folder.path, { clock: CLOCK });
  const { say, configure, commands } = script(place.ledger);
  say('create', 'ada', { fields: { title: 'First' } });
  configure({ max_attempts: 9 });
  say('claim', 'bob', { id: FIRST, execution_id: 'exec-1' });
  say('complete', 'bob', { id: FIRST, result: { ok: true } });
  await run(place.ledger, commands);
  await place.ledger.close();
  honest = await runGit(place.gitDir, ['rev-parse', BRANCH]);
  const history = await readHistory(place.gitDir);
  const last = history.at(-1);
  if (last === undefined) throw new Error('there is no history');
  const link = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    cwd: place.gitDir,
    env: isolatedEnv(),
    input: await runGit(place.gitDir, ['cat-file', 'commit', honest]).then((text) => `${text}\n`),
  });
  const tip = await writeHistory(place.gitDir, history);
  const index = { GIT_INDEX_FILE: join(folder.path, 'index') };
  await runGit(place.gitDir, ['read-tree', tip], index);
  const entry = `160000,${link.toString().trim()},policy/x`;
  await runGit(place.gitDir, ['update-index', '--add', '--cacheinfo', entry], index);
  const tree = await runGit(place.gitDir, ['write-tree'], index);
  const commit = await runGit(place.gitDir, ['cat-file', 'commit', tip]);
  forged = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    cwd: place.gitDir,
    env: isolatedEnv(),
    input: `${commit.replace(/^tree .*$/m, `tree ${tree}`)}\n`,
  })
    .toString()
    .trim();
  config = await hostileConfig();
}, 120_000);
afterAll(() => folder.cleanup());

/** Every key at its worst, as far as git does not refuse to run at all. */
async function hostileConfig(): Promise<string> {
  const listed = await runGit(place.gitDir, ['help', '--config']);
  const names = listed
    .split('\n')
    .filter((key) => SECTIONS.test(key) && !ELSEWHERE.test(key) && !/[*<]/.test(key));
  const git = promisify(execFile);
  const isTaken = async (key: string, value: string): Promise<boolean> => {
    const args = ['-c', `${key}=${value}`, 'log', '-1', '--raw', '--format=%H', BRANCH];
    return git('git', args, { cwd: place.gitDir, env: isolatedEnv() }).then(
      () => true,
      () => false,
    );
  };
  const text: string[] = [];
  for (let at = 0; at < names.length; at += 8) {
    const some = names.slice(at, at + 8).map(async (key) => {
      const worst = WORST[key.toLowerCase()];
      for (const value of worst === undefined
        ? ['true', '1', 'x']
        : [worst.replace(/^[A-Z]{5,}$/, (name) => (name.startsWith('UTF') ? name : join(folder.path, name)))])
        if (await isTaken(key, value)) return { key, value };
      return undefined;
    });
    for (const one of await Promise.all(some)) if (one !== undefined) text.push(`${one.key}=${one.value}`);
  }
  keys = text.length;
  const file = join(folder.path, 'hostile');
  await writeFile(join(folder.path, 'ORDER'), 'completed/*\nactive/*\n');
  await writeFile(join(folder.path, 'ATTRIBUTES'), '*.yaml diff=evil -text working-tree-encoding=UTF-16\n');
  await writeFile(join(folder.path, 'MAILMAP'), 'lea <lea@example.invalid> <test@example.invalid>\n');
  for (const [key, value] of [
    ...text.map((line) => line.split(/=(.*)/s)),
    ['diff.evil.textconv', 'tr a-z A-Z #'],
    ['diff.evil.binary', 'true'],
    ['submodule.x.path', 'policy/x'],
    ['submodule.x.ignore', 'all'],
  ])
    await runGit(place.gitDir, ['config', '--file', file, '--add', key ?? '', value ?? '']);
  return file;
}

/** What a reader, an auditor and the hook see. */
async function seen(): Promise<unknown> {
  const ledger = await openLedger({ dir: place.dir, actor: 'eve', mode: 'local' });
  try {
    return {
      item: await ledger.query.find(FIRST),
      log: await ledger.audit.log({ limit: 100 }),
      history: await ledger.audit.history(FIRST),
      verified: await audit(place.gitDir, honest),
      found: await audit(place.gitDir, forged),
      refused: await judgePush(place.gitDir, [{ ref: BRANCH, old: undefined, now: forged }], NOW),
      taken: await judgePush(place.gitDir, [{ ref: BRANCH, old: undefined, now: honest }], NOW),
    };
  } finally {
    await ledger.close();
  }
}

test('given every setting of the commands that are used at its worst, in files of the user, the repository and the code, when the ledger is read, checked and pushed, then all is seen as without', async () => {
  const clean = (await seen()) as { refused: unknown; found: { findings: unknown[] } };
  expect(clean.refused).toBeDefined();
  expect(clean.found.findings).not.toEqual([]);
  expect(keys).toBeGreaterThan(100);

  const commits = (await runGit(place.gitDir, ['rev-list', BRANCH])).split('\n');
  // A graft and a replacement, by which history is shorter, and tells something else.
  await mkdir(join(place.gitDir, 'info'), { recursive: true });
  await runGit(place.gitDir, ['commit-graph', 'write', '--reachable', '--changed-paths']);
  await writeFile(join(place.gitDir, 'info', 'grafts'), `${commits[0]} ${commits.at(-1)}\n`);
  await runGit(place.gitDir, ['replace', commits[1] ?? '', commits[2] ?? '']);
  await writeFile(join(place.gitDir, 'info', 'attributes'), '*.yaml diff=evil -diff\n');
  const modules = '[submodule "x"]\n\tpath = policy/x\n\turl = ./x\n\tignore = all\n';
  await writeFile(join(place.dir, '.gitmodules'), modules);
  await writeFile(join(place.dir, '.gitattributes'), '* diff=evil text=auto\n');
  await writeFile(join(place.dir, '.mailmap'), 'lea <lea@example.invalid> <test@example.invalid>\n');
  await runGit(place.dir, ['add', '.gitmodules', '.gitattributes', '.mailmap']);

  const before = process.env.GIT_CONFIG_GLOBAL;
  process.env.GIT_CONFIG_GLOBAL = config;
  try {
    expect(await seen()).toEqual(clean);
  } finally {
    process.env.GIT_CONFIG_GLOBAL = before;
  }
}, 120_000);
