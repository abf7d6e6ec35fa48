import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WorkItem } from '../../src/domain/item.ts';
import { Executions } from '../../src/ledger/executions.ts';
import { FileState, MemoryState } from '../../src/store/local-state.ts';
import { idOf, time } from '../helpers/fake-view.ts';
import { makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

const CLONE = { name: 'here', earlier: ['before'] };
const held = (n: number, owner: string, epoch: number): WorkItem =>
  ({
    id: idOf(n),
    owner,
    status: 'in_progress',
    claim: { epoch, execution_id: `exec-${epoch}`, claimed_at: time(), ttl_s: 60 },
  }) as unknown as WorkItem;

describe.each([
  ['on disk', () => new FileState(join(folder.path, 'state'))],
  ['in memory', () => new MemoryState()],
])('%s', (_, makeState) => {
  test('given claims of several actors in one clone, when each is asked for, then each has its own', () => {
    const executions = new Executions(makeState(), CLONE);
    executions.remember(held(1, 'ada', 1));
    executions.remember(held(1, 'bob', 2));
    executions.remember(held(2, 'swarm/ada: two', 1));
    expect(executions.of(idOf(1), 'ada')).toEqual({
      id: idOf(1),
      actor: 'ada',
      execution_id: 'exec-1',
      epoch: 1,
    });
    expect(executions.of(idOf(1), 'bob')?.epoch).toBe(2);
    expect(executions.of(idOf(2), 'ada')).toBeUndefined();
    expect(executions.items('swarm/ada: two')).toEqual([idOf(2)]);
    expect(
      executions
        .all()
        .map(({ id, actor }) => `${id} ${actor}`)
        .sort(),
    ).toEqual([`${idOf(1)} ada`, `${idOf(1)} bob`, `${idOf(2)} swarm/ada: two`]);
  });

  test('given a claim that is made again or given back, when it is asked for, then only the last one stands', () => {
    const executions = new Executions(makeState(), CLONE);
    executions.remember(held(1, 'ada', 1));
    executions.remember(held(1, 'ada', 3));
    expect(executions.all()).toMatchObject([{ epoch: 3 }]);
    executions.forget(idOf(1), 'bob');
    executions.forget(idOf(1), 'ada');
    expect(executions.all()).toEqual([]);
  });

  test('given claims that were asked for, when one was taken, then the item tells which, and the other leaves it alone', () => {
    const executions = new Executions(makeState(), CLONE);
    executions.ask(idOf(1), 'ada', 'exec-1');
    executions.ask(idOf(1), 'ada', 'exec-2');
    expect(executions.of(idOf(1), 'ada')).toBeUndefined();
    executions.settle(held(1, 'bob', 1), 'ada');
    executions.settle(held(1, 'ada', 7), 'ada');
    expect(executions.of(idOf(1), 'ada')).toBeUndefined();
    executions.settle(held(1, 'ada', 2), 'ada');
    expect(executions.of(idOf(1), 'ada')).toMatchObject({ epoch: 2, execution_id: 'exec-2' });
    executions.refused(idOf(1), 'ada', 'exec-1');
    executions.refused(idOf(1), 'ada', 'exec-2');
    expect(executions.isInDoubt(idOf(1), 'ada')).toBe(false);
    expect(executions.of(idOf(1), 'ada')?.epoch).toBe(2);
  });

  test('given claims of an earlier name, when they are asked for, then they prove nothing until they are adopted', () => {
    const state = makeState();
    new Executions(state, { name: 'before', earlier: [] }).remember(held(1, 'ada', 1));
    const executions = new Executions(state, CLONE);
    expect(executions.of(idOf(1), 'ada')).toBeUndefined();
    expect(executions.aside('bob')).toEqual([]);
    const [aside] = executions.aside('ada');
    expect(aside).toMatchObject({ id: idOf(1), clone: 'before', epoch: 1 });
    if (aside !== undefined) executions.adopt(aside);
    expect(executions.of(idOf(1), 'ada')).toMatchObject({ epoch: 1 });
    expect(executions.aside('ada')).toEqual([]);
  });
});

test('given notes that are damaged, foreign, or half written, when they are read, then they are none', () => {
  const dir = join(folder.path, 'state');
  const executions = new Executions(new FileState(dir), CLONE);
  executions.remember(held(1, 'ada', 1));
  const at = join(dir, 'executions', 'here');
  const [name = ''] = readdirSync(at);
  const texts = ['', '{', '3', 'null', '[1,null,{}]', '{"id":"x"}', JSON.stringify({ id: idOf(9) })];
  texts.forEach((text, index) => {
    writeFileSync(join(at, `${idOf(index + 2)}_0000000000000000`), text);
  });
  writeFileSync(
    join(at, `${idOf(1)}_0123456789abcdef`),
    JSON.stringify({ id: idOf(1), actor: 'ada', execution_id: 'exec-9', epoch: 9 }),
  );
  writeFileSync(join(at, `${name}.4711`), '[]');
  mkdirSync(join(at, `${idOf(3)}_folder`));
  expect(executions.all()).toMatchObject([{ id: idOf(1), epoch: 1 }]);
});
