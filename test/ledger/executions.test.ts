import { mkdirSync, writeFileSync } from 'node:fs';
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

const held = (n: number, owner: string, epoch: number): WorkItem =>
  ({
    id: idOf(n),
    owner,
    claim: { epoch, execution_id: `exec-${epoch}`, claimed_at: time(), ttl_s: 60 },
  }) as unknown as WorkItem;

describe.each([
  ['on disk', () => new FileState(join(folder.path, 'state'))],
  ['in memory', () => new MemoryState()],
])('%s', (_, makeState) => {
  test('given claims of several actors in one clone, when each is asked for, then each has its own', () => {
    const executions = new Executions(makeState());
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
    expect(executions.all().map(({ id, actor }) => [id, actor])).toEqual([
      [idOf(1), 'ada'],
      [idOf(1), 'bob'],
      [idOf(2), 'swarm/ada: two'],
    ]);
  });

  test('given a claim that is made again or given back, when it is asked for, then only the last one stands', () => {
    const executions = new Executions(makeState());
    executions.remember(held(1, 'ada', 1));
    executions.remember(held(1, 'ada', 3));
    expect(executions.all()).toMatchObject([{ epoch: 3 }]);
    executions.forget(idOf(1), 'bob');
    executions.forget(idOf(1), 'ada');
    expect(executions.all()).toEqual([]);
  });
});

test('given notes that are damaged, or half written, when they are read, then they are none', () => {
  const dir = join(folder.path, 'state');
  mkdirSync(join(dir, 'executions'), { recursive: true });
  const texts = [
    '',
    '{',
    '3',
    'null',
    '[1,null,{}]',
    `[{"id":"${idOf(9)}","actor":"ada","execution_id":"e","epoch":1}]`,
  ];
  texts.forEach((text, index) => {
    writeFileSync(join(dir, 'executions', idOf(index)), text);
  });
  writeFileSync(join(dir, 'executions', `${idOf(1)}.4711`), '[]');
  const executions = new Executions(new FileState(dir));
  expect(executions.all()).toEqual([]);
  executions.remember(held(1, 'ada', 1));
  expect(executions.all()).toHaveLength(1);
});
