import { createHash } from 'node:crypto';
import { appendFile, chmod, cp, glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgePush } from '../../../src/githooks/judge.ts';
import { openLedger } from '../../../src/index.ts';
import { readHistory, writeHistory } from '../../audit/forge.ts';
import { CLOCK } from '../../audit/forger.ts';
import { FIRST, script } from '../../audit/honest.ts';
import { audit, BRANCH, makeLedger, type Place, run } from '../../audit/ledgers.ts';
import { isolateThisProcess, makeTempFolder, runGit, type TempFolder } from '../../helpers/temp-repo.ts';

isolateThisProcess();

const NOW = CLOCK.now().getTime() / 1000;
const HOSTILE = 'refs/heads/hostile';

let folder: TempFolder;
let place: Place;
/** An honest line, and one in the middle of which a commit was forged. */
let [honest, forged, earlier] = ['', '', ''];
let clean: unknown;

beforeAll(async () => {
  folder = await makeTempFolder();
  place = await makeLedger(folder.path, { clock: CLOCK });
  const { say, configure, commands } = script(place.ledger);
  say('create', 'ada', { fields: { title: 'First' } });
  configure({ max_attempts: 9 });
  say('claim', 'bob', { id: FIRST, execution_id: 'exec-1' });
  say('checkpoint', 'bob', { id: FIRST, checkpoint: { step: 'half' } });
  say('complete', 'bob', { id: FIRST, result: { ok: true } });
  await run(place.ledger, commands);
  await place.ledger.close();
  honest = await runGit(place.gitDir, ['rev-parse', BRANCH]);
  earlier = await runGit(place.gitDir, ['rev-parse', `${honest}~2`]);
  const history = await readHistory(place.gitDir);
  const at = history.findIndex(({ message }) => message.startsWith('claim'));
  forged = await writeHistory(
    place.gitDir,
    history.map((one, index) => (index === at ? { ...one, author: 'eve' } : one)),
  );
  await runGit(place.gitDir, ['update-ref', HOSTILE, forged]);
  await runGit(place.gitDir, ['repack', '-adq']);
  clean = await seen(place.dir, place.gitDir);
}, 120_000);
afterAll(() => folder.cleanup());

/** What a reader, an auditor and the hook see. */
async function seen(dir: string, gitDir: string): Promise<unknown> {
  const ledger = await openLedger({ dir, actor: 'eve', mode: 'local' });
  try {
    return {
      item: await ledger.query.find(FIRST),
      log: await ledger.audit.log({ limit: 100 }),
      history: await ledger.audit.history(FIRST),
      verified: await audit(gitDir, honest),
      found: await audit(gitDir, forged),
      refused: await judgePush(gitDir, [{ ref: BRANCH, old: undefined, now: forged }], NOW),
      goesOn: await judgePush(gitDir, [{ ref: BRANCH, old: earlier, now: honest }], NOW),
    };
  } finally {
    await ledger.close();
  }
}

/** A copy of the repository without what was remembered of it. */
async function copy(name: string): Promise<{ dir: string; gitDir: string }> {
  const dir = join(folder.path, name);
  await cp(place.dir, dir, { recursive: true });
  return { dir, gitDir: join(dir, '.git') };
}

/** Changes the bytes of a file whose last 20 are its checksum, which is right again afterwards. */
async function bend(file: string, change: (bytes: Buffer) => void): Promise<void> {
  await chmod(file, 0o644);
  const bytes = (await readFile(file)).subarray(0, -20);
  change(bytes);
  await writeFile(file, Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]));
}

/** Where a chunk of a commit-graph or a multi-pack-index begins. */
function chunk(bytes: Buffer, header: number, id: string): number {
  for (let at = header; at < bytes.length; at += 12)
    if (bytes.toString('latin1', at, at + 4) === id) return Number(bytes.readBigUInt64BE(at + 4));
  throw new Error(`there is no chunk ${id}`);
}

/** Where an object stands in a sorted list of names. */
function rank(bytes: Buffer, names: number, oid: string): number {
  for (let at = 0; ; at += 1)
    if (bytes.toString('hex', names + at * 20, names + at * 20 + 20) === oid) return at;
}

const CASES: readonly [string, (gitDir: string) => Promise<unknown>][] = [
  [
    'a graph of commits that names other parents, generations and dates',
    async (gitDir) => {
      await runGit(gitDir, ['commit-graph', 'write', '--reachable', '--changed-paths']);
      const root = (await runGit(gitDir, ['rev-list', '--max-parents=0', honest])).trim();
      const oids = [honest, forged, `${forged}~1`].map((one) => runGit(gitDir, ['rev-parse', one]));
      const tips = await Promise.all(oids);
      await bend(join(gitDir, 'objects/info/commit-graph'), (bytes) => {
        const [names, data] = [chunk(bytes, 8, 'OIDL'), chunk(bytes, 8, 'CDAT')];
        for (const tip of tips) {
          const at = data + rank(bytes, names, tip) * 36;
          bytes.writeUInt32BE(rank(bytes, names, root), at + 20);
          bytes.writeUInt32BE(1 << 2, at + 28);
        }
      });
    },
  ],
  [
    'objects that are borrowed from another repository',
    async (gitDir) => {
      const lender = join(folder.path, 'lender.git');
      await runGit(folder.path, ['clone', '--quiet', '--mirror', place.dir, lender]);
      await mkdir(join(gitDir, 'objects/info'), { recursive: true });
      await writeFile(join(gitDir, 'objects/info/alternates'), `${join(lender, 'objects')}\n`);
      await runGit(gitDir, ['repack', '-adlq']);
    },
  ],
  [
    'an index of several packs that takes one object for another',
    async (gitDir) => {
      await runGit(gitDir, ['multi-pack-index', 'write']);
      const [one, other] = await Promise.all(
        [
          `${honest}:${await fileAt(gitDir, honest)}`,
          `${honest}~1:${await fileAt(gitDir, `${honest}~1`)}`,
        ].map((name) => runGit(gitDir, ['rev-parse', name])),
      );
      await bend(join(gitDir, 'objects/pack/multi-pack-index'), (bytes) => {
        const [names, offsets] = [chunk(bytes, 12, 'OIDL'), chunk(bytes, 12, 'OOFF')];
        const [a, b] = [one, other].map((oid) => offsets + rank(bytes, names, oid ?? '') * 8) as [
          number,
          number,
        ];
        const kept = Buffer.from(bytes.subarray(a, a + 8));
        bytes.copy(bytes, a, b, b + 8);
        kept.copy(bytes, b);
      });
    },
  ],
  [
    'a bitmap of what is reachable that is damaged',
    async (gitDir) => {
      await runGit(gitDir, ['-c', 'repack.writeBitmaps=true', 'repack', '-adqb']);
      for await (const file of glob('objects/pack/*.bitmap', { cwd: gitDir }))
        await bend(join(gitDir, file), (bytes) => void bytes.fill(0xff, 40));
    },
  ],
  [
    'a filter by which objects are fetched when they are asked for',
    async (gitDir) => {
      await runGit(gitDir, ['config', 'remote.origin.url', '/nowhere']);
      await runGit(gitDir, ['config', 'remote.origin.promisor', 'true']);
      await runGit(gitDir, ['config', 'remote.origin.partialclonefilter', 'blob:none']);
      await runGit(gitDir, ['config', 'extensions.partialClone', 'origin']);
      for await (const file of glob('objects/pack/*.pack', { cwd: gitDir }))
        await appendFile(join(gitDir, file.replace(/pack$/, 'promisor')), '');
    },
  ],
];

const fileAt = async (gitDir: string, commit: string): Promise<string> =>
  (await runGit(gitDir, ['ls-tree', '-r', '--name-only', commit]))
    .split('\n')
    .find((path) => path.includes(FIRST)) ?? '';

describe('given files that git keeps beside the objects, and goes by', () => {
  test('when nothing is planted, then what is forged is found', () => {
    expect(clean).toMatchObject({
      verified: { findings: [] },
      found: { findings: [{ rule: 'author' }] },
      refused: { rule: 'author' },
      goesOn: undefined,
    });
  });

  test.each(CASES)(
    'when there is %s, then reader, auditor and hook see the same',
    async (what, plant) => {
      const { dir, gitDir } = await copy(what.replaceAll(' ', '-').slice(0, 30));
      await plant(gitDir);
      expect(await seen(dir, gitDir)).toEqual(clean);
    },
    60_000,
  );

  test('when there is a list of commits at which history is said to end, then that is told, and what builds on it is not taken for right', async () => {
    const { dir, gitDir } = await copy('cut-off');
    const ends = await runGit(gitDir, ['rev-parse', `${honest}~1`, `${forged}~1`]);
    await writeFile(join(gitDir, 'shallow'), `${ends}\n`);
    const after = (await seen(dir, gitDir)) as Record<string, unknown>;
    expect(after).toMatchObject({
      verified: { findings: [{ rule: 'root', message: 'history is cut off here: its parent is missing' }] },
      found: { findings: [{ rule: 'root' }] },
      refused: { rule: 'root' },
      goesOn: expect.anything(),
    });
    const { item, log, history } = clean as Record<string, unknown>;
    expect(after).toMatchObject({ item, log, history });
  });
});
