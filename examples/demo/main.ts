// The whole story in a minute: a bare remote, three clones, workers that race for work by real pushes, one of them killed in
// mid-work, another one that takes its work over from the last checkpoint, and the audit.
//
//   npm run demo
//   npm run demo -- --input FILE.jsonl     the same with a Beads file
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initLedger, openLedger, type WorkLedger } from '../../src/index.ts';
import { type Crew, startCrew } from './crew.ts';
import { heading, line, say } from './say.ts';

const { values } = parseArgs({
  options: { input: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const input = values.input ?? fileURLToPath(new URL('issues.jsonl', import.meta.url));
const LEASE_S = 4;

const folder = mkdtempSync(join(tmpdir(), 'work-ledger-demo-'));
const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

heading('A bare remote and three clones');
git(folder, 'init', '--quiet', '--bare', 'remote.git');
const clones = ['one', 'two', 'three'].map((name) => {
  const dir = join(folder, name);
  git(
    folder,
    'clone',
    '--quiet',
    '--config',
    `user.name=${name}`,
    '--config',
    `user.email=${name}@example.invalid`,
    'remote.git',
    name,
  );
  return dir;
});
const [first = folder] = clones;
const { ledger } = await initLedger({ dir: first, actor: 'mira' });
await ledger.admin.configure({ lease_ttl_s: LEASE_S, clock_skew_s: 0 });
say(`${folder}: remote.git, one/, two/, three/; leases of ${LEASE_S} s`);

heading('Import');
const plan = await ledger.admin.planImport({ from: 'beads', text: readFileSync(input, 'utf8') });
const outcomes = await ledger.work.batch(
  plan.items.map(({ id, item }) => ledger.work.command('import', { id, item })),
);
const accepted = outcomes.filter(({ kind }) => kind === 'accepted').length;
say(`${accepted} items, a commit each, in one push; ${plan.tombstones} tombstones left out`);
for (const [rule, count] of Object.entries(Object.groupBy(plan.notes, ({ rule: name }) => name))) {
  say(`  note: ${rule} (${count?.length})`);
}
const open = await ledger.query.list();
for (const item of open.slice(0, 15)) line(item);
if (open.length > 15) say(`  … and ${open.length - 15} more`);

heading('Six workers race for them, two in each clone; one will be killed');
const large = open.length > 30;
const crew = startCrew(clones, { steps: large ? 2 : 3, stepMs: large ? 50 : 250 });
await crew.finished;

heading('The audit: history is git log');
say(
  git(
    join(folder, 'remote.git'),
    'log',
    '--reverse',
    '--format=%h %<(14,trunc)%an %s',
    '-25',
    'work-ledger',
  ).trimEnd(),
);
const verified = await audit(clones);

heading('Summary');
await summarise(ledger, crew, verified);
await ledger.close();
say(`The repositories are in ${folder}. Look around: git -C ${join(folder, 'remote.git')} log work-ledger`);

async function audit(dirs: readonly string[]): Promise<boolean> {
  const auditor = await openLedger({ dir: dirs.at(-1) });
  await auditor.clone.fetch();
  const { ok, commits, findings } = await auditor.audit.verify();
  say(`wl verify: ${commits} commits, ${findings.length} findings`);
  for (const { commit, rule, message } of findings) say(`  ${commit.slice(0, 12)} ${rule}: ${message}`);
  await auditor.close();
  return ok;
}

async function summarise(own: WorkLedger, { story }: Crew, ok: boolean): Promise<void> {
  await own.clone.fetch();
  const log = await own.audit.log({ limit: 1_000_000 });
  const claims = log.filter(({ verb }) => verb === 'claim');
  const epochs = new Set(claims.map(({ id, epoch }) => `${id} ${epoch}`));
  const counts = (await own.clone.status()).counts;
  const left = await own.query.list();
  say(`${counts.completed} items completed, ${left.length} open.`);
  for (const { id } of left) say(`  ${id} is open: ${(await own.query.explain(id)).reasons.join('; ')}`);
  const takeable = (await own.getReadyToStart()).length + (counts.in_progress ?? 0);
  say(
    `${claims.length} claims were accepted, ${claims.length - epochs.size} of them twice; ${story.late} came too late.`,
  );
  say(
    `${story.killed ?? 'Nobody'} was killed while holding ${story.orphan ?? 'nothing'}; ${story.heir ?? 'nobody'} went on from step ${story.resumedAt}.`,
  );
  say(ok ? 'Every commit of the ledger checks out.' : 'The ledger does NOT check out.');
  const good = ok && takeable === 0 && claims.length === epochs.size && story.heir !== undefined;
  process.exitCode = good ? 0 : 1;
}
