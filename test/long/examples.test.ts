import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { blocks, readProject } from '../docs/markdown.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { openTerminal, ROOT, type Terminal } from '../helpers/typed.ts';

let terminal: Terminal;
let planner: WorkLedger;
beforeEach(async () => {
  terminal = await openTerminal();
  planner = await terminal.repo.init(await terminal.repo.clone('planner'));
});

/** The blocks of a page of an example, as they would be typed where the examples are. */
const scriptsOf = (page: string): string[] =>
  blocks(readProject(`examples/${page}`)).map((block) =>
    block.replaceAll(/(?<![\w/])examples\//g, `${ROOT}examples/`),
  );

async function expectSound(): Promise<void> {
  expect(unsound(await plainHistory(terminal.repo.bare))).toEqual([]);
  await fsck(terminal.repo.bare);
  await planner.clone.fetch();
  expect(await planner.audit.verify()).toMatchObject({ ok: true, findings: [] });
}

const create = async (title: string, description: string): Promise<string> =>
  (await planner.createWork({ title, description })).id;

async function statusOf(id: string): Promise<string | undefined> {
  await planner.clone.fetch();
  return (await planner.query.find(id))?.status;
}

const verbsOf = async (id: string): Promise<string[]> =>
  (await planner.audit.history(id)).map(({ verb }) => verb);

describe('given the worker in the shell', () => {
  const [short = '', byHand = ''] = scriptsOf('worker-shell/README.md').flatMap((block) =>
    block.trim().split('\n'),
  );

  test.each([
    ['by wl work', short],
    ['by hand', byHand],
  ])('when it is started %s, then it does all that is ready', async (_, script) => {
    const ids = [await create('One', 'first'), await create('Two', 'second')];
    expect(await terminal.type(script)).toMatchObject({ status: 0 });
    const made = await Promise.all(ids.map((id) => readFile(join(terminal.dir, 'out', `${id}.txt`), 'utf8')));
    expect(made).toEqual(['FIRST\n', 'SECOND\n']);
    for (const id of ids) {
      expect(await statusOf(id)).toBe('completed');
      expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'complete']);
    }
    await expectSound();
  });

  test('when it is killed behind its checkpoint, then the next one does not begin at the beginning', async () => {
    const id = await create('One', 'first');
    // A cp that never ends stands for a machine that goes away just then.
    await terminal.install('cp', 'echo "here: $*" >&2; exec sleep 600');
    const work = `wl work --once -- ${ROOT}examples/worker-shell/do.sh`;
    await terminal.typeAndKill(work, 'here:');
    await terminal.install('cp', 'exec /bin/cp "$@"');
    await terminal.install('tr', 'echo "drafted twice" >&2; exit 1');
    expect(await terminal.type(work)).toMatchObject({ status: 0 });
    expect(await statusOf(id)).toBe('completed');
    expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'recover', 'claim', 'complete']);
    expect(await readFile(join(terminal.dir, 'out', `${id}.txt`), 'utf8')).toBe('FIRST\n');
    await expectSound();
  });

  test('when an item fails by hand, then its error is what it said', async () => {
    const id = await create('One', 'first');
    await terminal.install('mv', 'echo "the disk is full" >&2; exit 1');
    await terminal.type(byHand);
    expect(await statusOf(id)).toBe('failed');
    expect(await planner.query.find(id)).toMatchObject({
      error: expect.stringContaining('the disk is full'),
    });
    await expectSound();
  });
});

describe('given the worker in TypeScript', () => {
  const command = `exec '${process.execPath}' '${ROOT}examples/worker-typescript/main.ts' . outbox`;

  test('when it is killed and started again, then each line is delivered once, and recorded work is not repeated', async () => {
    const lines = Array.from({ length: 30 }, (_, n) => `line ${n + 1}`);
    const id = await create('Thirty lines', lines.join('\n'));
    await terminal.typeAndKill(command, '"step":"3"');
    expect(await statusOf(id)).toBe('in_progress');
    const { status, stdout } = await terminal.type(command);
    expect(status).toBe(0);
    expect(await statusOf(id)).toBe('completed');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.find(({ type }) => type === 'started')).toMatchObject({ attempt: 2, resumed: true });
    expect(Number(events.find(({ type }) => type === 'checkpoint').step)).toBeGreaterThan(3);
    const delivered = await readdir(join(terminal.dir, 'outbox'));
    expect(delivered.toSorted()).toEqual(lines.map((_, n) => `${id}-${n + 1}`).toSorted());
    expect(await planner.query.find(id)).toMatchObject({ result: { lines: 30 }, attempts: 2 });
    await expectSound();
  });
});

/** What the real program would do, as far as the ledger sees it. */
const STAND_IN = `
printf '%s\\n' "$*" >> "$CALLS"
cat > prompt.seen
echo "changed by attempt $WL_ATTEMPT" >> changed.txt
if [ -e "$GATE" ]; then echo done; else echo working; exec sleep 600; fi`;

describe.each([
  {
    name: 'claude',
    example: 'claude-code',
    page: 'CLAUDE.md',
    call: /^-p --permission-mode acceptEdits --allowedTools /,
  },
  { name: 'codex', example: 'codex', page: 'AGENTS.md', call: /^exec --sandbox workspace-write -$/m },
])('given the files for $name', ({ name, example, page, call }) => {
  test('when the commands of its instructions are typed, then they do what they say', async () => {
    const id = await create('Count the words', 'All of them.');
    const [script = ''] = scriptsOf(`${example}/${page}`);
    const { status, stdout, stderr } = await terminal.type(`set -e\nID=${id}\n${script}`);
    expect(stderr).toMatch(
      /^This clone trusts the ledger as it found it, .*\nThis clone joined the ledger on origin; .*\n$/,
    );
    expect(status).toBe(0);
    expect(stdout).toContain(`claimed ${id}`);
    expect(stdout).toContain('All of them.');
    expect(await verbsOf(id).then(() => statusOf(id))).toBe('completed');
    expect(await planner.query.find(id)).toMatchObject({
      checkpoint: { step: 'tests written', next_action: 'make them pass' },
      result: { commit: await terminal.repo.git(terminal.dir, 'rev-parse', 'HEAD') },
    });
    await expectSound();
  });

  test('when it works through the ledger and is killed in between, then its changes are on the branch of their item', async () => {
    const [script = ''] = scriptsOf(`${example}/README.md`);
    const ids = [await create('One', 'first'), await create('Two', 'second')];
    const gate = join(terminal.repo.folder, 'gate');
    const env = { CALLS: join(terminal.repo.folder, 'calls'), GATE: gate };
    await terminal.install(name, STAND_IN);
    await terminal.typeAndKill(script, 'working', env);
    await writeFile(gate, '');
    expect(await terminal.type(script, env)).toMatchObject({ status: 0 });
    for (const id of ids) {
      expect(await statusOf(id)).toBe('completed');
      expect(await planner.query.find(id)).toMatchObject({
        owner: name,
        result: {
          branch: `work/${id}`,
          commit: await terminal.repo.git(terminal.dir, 'rev-parse', `work/${id}`),
        },
      });
    }
    const changed = await Promise.all(
      ids.map((id) => terminal.repo.git(terminal.dir, 'show', `work/${id}:changed.txt`)),
    );
    // Whichever was first, the other one has nothing of it.
    expect(changed.toSorted()).toEqual([
      'changed by attempt 1',
      'changed by attempt 1\nchanged by attempt 2',
    ]);
    expect(await terminal.repo.git(terminal.dir, 'show', `work/${ids[1]}:prompt.seen`)).toContain('second');
    expect(await readFile(env.CALLS, 'utf8')).toMatch(call);
    expect(await terminal.repo.git(terminal.dir, 'status', '--porcelain')).toBe('');
    await expectSound();
  });
});
