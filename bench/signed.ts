import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneOf, copyBare } from './clone.ts';
import { measure, measureInterleaved, type Subject } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { figuresOf } from './process/line.ts';
import { loadLibrary, NODE, wl } from './program.ts';
import { count, type Row, type Suite } from './row.ts';
import type { SeedPlan } from './seed/plan.ts';
import { BRANCH } from './seed.ts';
import { planTraffic, runBatch } from './traffic.ts';
import { git, run, tell, withFolder } from './workspace.ts';

const COMMITS = 1_000;
/** Naming the program that git would take anyway leaves all of it to git. */
const BY_GIT = ['gpg.ssh.program', 'ssh-keygen'] as const;

/** What it costs to check signatures of SSH: in the program itself, and by git. */
export const signedSuite: Suite<BenchOptions> = {
  name: 'signed',
  run: async ({ sizes, runs, oneDay }) => {
    const [items = 0] = sizes;
    return withFolder((dir) => measureSize(dir, { items, oneDay }, runs));
  },
};

async function measureSize(folder: string, plan: SeedPlan, runs: number): Promise<Row[]> {
  const commits = Math.min(COMMITS, Math.floor(plan.items / 2));
  tell(`making ${commits} signed commits, and as many that are not ...`);
  const key = join(folder, 'key');
  await run(folder, 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const plain = await makeWorld(folder, 'plain', plan, commits, undefined);
  const signed = await makeWorld(folder, 'signed', plan, commits, key);
  tell(`measuring what checks them, ${runs} runs ...`);
  const node: Subject = { what: 'node -e 0', cwd: folder, command: () => NODE };
  const many = count(commits);
  const subjects: Subject[] = [
    syncOf(`wl sync, ${many} unsigned`, plain),
    syncOf(`wl sync, ${many} signed`, signed),
    syncOf(`wl sync, ${many} signed, by git`, await leftToGit(signed)),
    verifyOf(`wl verify, ${many} unsigned`, plain),
    verifyOf(`wl verify, ${many} signed`, signed),
    verifyOf(`wl verify, ${many} signed, by git`, await leftToGit(signed)),
  ];
  const all = [node, ...subjects];
  for (const { command, cwd, before } of subjects) {
    await before?.(0);
    await measure(command(0), cwd);
  }
  const of = await measureInterleaved(all, runs);
  const table = `Signed commits at ${count(plan.items)} items (medians; CPU is user + system, children counted)`;
  return all.map((subject) => ({ table, what: subject.what, figures: figuresOf(of(subject), of(node)) }));
}

interface World {
  /** A clone that joined before the commits came. */
  before: string;
  /** A clone that has them. */
  after: string;
  /** Where they begin. */
  base: string;
}

async function makeWorld(
  folder: string,
  name: string,
  plan: SeedPlan,
  commits: number,
  key: string | undefined,
): Promise<World> {
  const origin = await copyBare(folder, `${name}.git`, plan);
  const after = await cloneOf(origin, folder, `${name}-after`);
  const { openLedger } = await loadLibrary();
  if (key !== undefined) {
    const settings = { 'gpg.format': 'ssh', 'user.signingkey': key, 'ledger.sign': 'true' };
    for (const [setting, value] of Object.entries(settings)) await git(after, 'config', setting, value);
    const signers = join(folder, 'signers');
    await writeFile(signers, `bench ${await readFile(`${key}.pub`, 'utf8')}`);
    await call(after, 'files', 'set', 'policy/allowed_signers', `@${signers}`);
    await call(after, 'config', 'set', 'signatures', 'required');
  }
  await call(after, 'sync');
  const before = await cloneOf(origin, folder, `${name}-before`);
  await call(before, 'sync');
  const base = await git(after, 'rev-parse', `refs/heads/${BRANCH}`);
  // To sign so many takes longer than a remote is waited for.
  await git(after, 'config', 'ledger.mode', 'local');
  const ledger = await openLedger({ dir: after, actor: 'bench' });
  await runBatch(ledger, await planTraffic(ledger, commits));
  await ledger.close();
  await git(after, 'push', '--quiet', 'origin', `refs/heads/${BRANCH}`);
  return { before, after, base };
}

async function call(dir: string, ...args: readonly string[]): Promise<void> {
  const [program = '', ...rest] = wl(...args);
  await run(dir, program, rest);
}

async function leftToGit({ before, after, base }: World): Promise<World> {
  const world = { before: `${before}-by-git`, after: `${after}-by-git`, base };
  await cp(before, world.before, { recursive: true });
  await cp(after, world.after, { recursive: true });
  for (const dir of [world.before, world.after]) await git(dir, 'config', ...BY_GIT);
  return world;
}

/** Each run has a copy of the clone, to which the commits are still to come. */
function syncOf(what: string, { before }: World): Subject {
  const cwd = `${before}-run`;
  return {
    what,
    cwd,
    command: () => wl('sync'),
    before: async () => {
      await rm(cwd, { recursive: true, force: true, maxRetries: 3 });
      await cp(before, cwd, { recursive: true });
    },
  };
}

const verifyOf = (what: string, { after, base }: World): Subject => ({
  what,
  cwd: after,
  command: () => wl('verify', `${base}..`),
});
