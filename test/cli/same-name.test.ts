import { cpSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileMemory } from '../../src/agents/workers/execution-memory.ts';
import { AgentExecutorPool } from '../../src/agents.ts';
import { openLedger } from '../../src/index.ts';
import { isolateThisProcess } from '../helpers/temp-repo.ts';
import { type CallOptions, idIn, makeWorkplace, NOW, type Said, type Workplace, wl } from './workplace.ts';

isolateThisProcess();

// Two clones of one person: every call acts as ada, and names no execution unless the test does.
let place: Workplace;
let here: string;
let there: string;
const a = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(here, args, options);
const b = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(there, args, options);
const bob = { env: { WL_ACTOR: 'bob' } };

/** An item that bob made, so that nobody may act on it as its creator, and that ada claimed in the clone `here`. */
async function claimed(title: string): Promise<string> {
  const id = idIn(await a(['create', title], bob));
  expect((await a(['claim', id, '--execution', `exec of ${title}`])).status).toBe(0);
  await b(['sync']);
  return id;
}

beforeAll(async () => {
  place = await makeWorkplace();
  here = await place.clone('here');
  there = await place.clone('there');
  await a(['init']);
  await b(['list', '--fetch']);
});
afterAll(() => place.cleanup());

describe("a holder's verb in a clone that made no claim", () => {
  const VERBS: [string, (id: string) => string[]][] = [
    ['checkpoint', (id) => ['checkpoint', id, '--step', 'one']],
    ['block', (id) => ['block', id, 'it waits']],
    ['escalate', (id) => ['escalate', id, 'What now?']],
    ['submit', (id) => ['submit', id, '--no-branch']],
    ['fail', (id) => ['fail', id, 'broken']],
    ['release', (id) => ['release', id]],
    ['complete', (id) => ['complete', id, '--result', 'x=1']],
    ['cancel', (id) => ['cancel', id]],
  ];
  let id: string;
  let clone: unknown;
  let item: Record<string, unknown>;
  beforeAll(async () => {
    id = await claimed('it');
    ({ clone } = (await a(['status', '--json'])).data);
    item = (await a(['show', id, '--json'])).data;
  });

  it.each(VERBS)(
    '%s is refused with 5, names holder, clone and what to pass, and changes nothing',
    async (_, verb) => {
      const said = await b([...verb(id), '--json']);
      expect(said.status).toBe(5);
      expect(said.error).toMatchObject({
        code: 'CLAIMED_ELSEWHERE',
        details: { owner: 'ada', clone, execution_id: 'exec of it' },
        hint: expect.stringContaining("pass --execution 'exec of it', or set WL_EXECUTION_ID"),
      });
      expect(said.error.message).toContain(
        `ada holds it since ${NOW}, as execution "exec of it" of the clone ${clone}`,
      );
      expect((await b(['show', id, '--json'])).data).toEqual(item);
    },
  );

  it('start of what the other clone blocked, and withdrawing what it submitted, are refused likewise', async () => {
    const waiting = await claimed('Waiting');
    await a(['block', waiting, 'for a word']);
    await b(['sync']);
    expect((await b(['start', waiting, '--json'])).error.code).toBe('CLAIMED_ELSEWHERE');
    expect((await a(['start', waiting])).status).toBe(0);
    await a(['submit', waiting, '--no-branch']);
    await b(['sync']);
    expect((await b(['review', 'withdraw', waiting, '--json'])).error.code).toBe('CLAIMED_ELSEWHERE');
  });

  it('given the execution or the epoch, named by whoever is that execution, then it is done', async () => {
    expect((await b(['checkpoint', id, '--step', 'a', '--execution', 'exec of it'])).status).toBe(0);
    expect((await b(['checkpoint', id, '--step', 'b', '--epoch', '1'])).status).toBe(0);
    const named = { env: { WL_EXECUTION_ID: 'exec of it' } };
    expect((await b(['complete', id], named)).status).toBe(0);
  });

  it('given the creator, when it cancels what another clone holds, then it is done: that is no right of a holder', async () => {
    const own = idIn(await a(['create', 'Own']));
    await a(['claim', own]);
    await b(['sync']);
    expect((await b(['cancel', own])).status).toBe(0);
  });

  it('given a refusal that is applied again from what was kept, then it is not done either', async () => {
    const kept = await claimed('Kept');
    await b(['complete', kept, '--result', 'x=1']);
    expect((await b(['rejected', '--json'])).list).toEqual([]);
  });
});

describe('a clone that is not where it was', () => {
  const clone = async (name: string): Promise<{ dir: string; id: string; name: string }> => {
    const dir = await place.clone(name);
    const id = idIn(await wl(dir, ['create', name], bob));
    await wl(dir, ['claim', id]);
    return { dir, id, name: await nameOf(dir) };
  };
  const nameOf = async (dir: string): Promise<string> =>
    (await wl(dir, ['status', '--json'])).data.clone as string;
  const checkpoint = (dir: string, id: string): Promise<Said> => wl(dir, ['checkpoint', id, '--step', 'on']);

  it('given a copy, then it has a new name and tells so, the claims are set aside, and the original goes on', async () => {
    const original = await clone('original');
    const copy = join(place.path, 'copy');
    cpSync(original.dir, copy, { recursive: true });
    const refused = await checkpoint(copy, original.id);
    expect(refused.status).toBe(5);
    expect(refused.stderr).toMatch(
      new RegExp(
        `This clone is a copy of the clone ${original.name}, so it is \\w{8} from now on\\. .*\\(1 item\\) is kept aside.*wl adopt\\n`,
      ),
    );
    expect(refused.stderr).toContain(`It was claimed here while this clone was ${original.name}`);
    expect(await nameOf(copy)).not.toBe(original.name);
    expect((await wl(copy, ['resume', '-q'])).stdout).toBe('');
    expect((await checkpoint(original.dir, original.id)).status).toBe(0);
    expect(await nameOf(original.dir)).toBe(original.name);
    expect((await checkpoint(copy, original.id)).stderr).not.toContain('is a copy of');

    expect((await wl(copy, ['adopt', '-q'])).stdout).toBe(`${original.id}\n`);
    expect((await checkpoint(copy, original.id)).status).toBe(0);
    expect((await wl(copy, ['adopt', original.id, '--json'])).error.code).toBe('NOT_FOUND');
    expect((await wl(copy, ['adopt'])).stderr).toContain('nothing that ada still holds is kept aside');
  });

  it('given a copy, when its worker looks for what its pools left, then what the original does goes on', async () => {
    const original = await clone('pools');
    const pools = join(original.dir, '.git', 'work-ledger', 'pools', original.name);
    const { claim } = (await wl(original.dir, ['show', original.id, '--json'])).data as {
      claim: { execution_id: string };
    };
    const memory = new FileMemory(pools, 'ada');
    memory.remember({
      execution_id: claim.execution_id,
      id: original.id,
      actor: 'ada',
      state: 'running',
      process: null,
    });
    const copy = join(place.path, 'copy of pools');
    cpSync(original.dir, copy, { recursive: true });
    const recoveredIn = async (dir: string): Promise<number> => {
      const ledger = await openLedger({ dir, actor: 'ada' });
      const pool = new AgentExecutorPool({ ledger, agent: async function* () {} });
      const given = await pool.recover();
      await pool.close();
      await ledger.close();
      return given.length;
    };
    expect(await recoveredIn(copy)).toBe(0);
    // Its process ended: now it is left.
    memory.close();
    expect(await recoveredIn(original.dir)).toBe(1);
  });

  it('given one that was moved, or is reached by another path, or was restored in place, then it keeps its name and its claims', async () => {
    const { dir, id, name } = await clone('nomad');
    const moved = join(place.path, 'moved');
    renameSync(dir, moved);
    const link = join(place.path, 'link');
    symlinkSync(moved, link);
    for (const path of [moved, link]) {
      expect((await checkpoint(path, id)).status).toBe(0);
      expect(await nameOf(path)).toBe(name);
    }
    const backup = join(place.path, 'backup');
    cpSync(moved, backup, { recursive: true });
    rmSync(moved, { recursive: true });
    renameSync(backup, moved);
    expect((await checkpoint(moved, id)).status).toBe(0);
    expect(await nameOf(moved)).toBe(name);
  });
});

describe('who acts', () => {
  it('given a clone that makes a ledger or joins one, then it tells who acts there', async () => {
    const own = await makeWorkplace();
    const [first, second, third] = [await own.clone('1'), await own.clone('2'), await own.clone('3')];
    const made = await wl(first, ['init']);
    expect(made.stdout).toContain(
      'whoever works here acts as ada; another name: WL_ACTOR, or git config ledger.actor\n',
    );
    expect(made.stderr).toBe('');
    const joined = await wl(second, ['list'], bob);
    expect(joined.stderr).toContain('This clone joined the ledger on origin; who works here acts as bob.\n');
    await wl(second, ['list'], bob).then(({ stderr }) => expect(stderr).not.toContain('joined'));

    const id = idIn(await wl(first, ['create', 'One']));
    await wl(first, ['claim', id]);
    const { clone } = (await wl(first, ['status', '--json'])).data;
    const told = (at: string): string =>
      `Another clone, ${clone}, acted as ada at ${at}: claim ${id}. Give each agent a name of its own`;
    expect((await wl(third, ['init'])).stderr).toContain(told('2026-01-03T11:00:00.000Z'));
    // In a clone that has been there, claims of others tell; one's own do not.
    expect((await wl(third, ['init'])).stderr).toContain(told('2026-01-03T11:00:00.000Z'));
    expect((await wl(first, ['init'])).stderr).toBe('');
    const later = { env: { WL_NOW: '2026-01-05T11:00:00.000Z' } };
    expect((await wl(third, ['init'], later)).stderr).toBe('');
    const fourth = await own.clone('4');
    expect((await wl(fourth, ['list'], later)).stderr).not.toContain('Another clone');
    await own.cleanup();
  });
});
