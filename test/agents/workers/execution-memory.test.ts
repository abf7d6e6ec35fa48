import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileMemory } from '../../../src/agents/workers/execution-memory.ts';
import type { RememberedExecution } from '../../../src/agents.ts';
import { makeTempFolder, type TempFolder } from '../../helpers/temp-repo.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await makeTempFolder();
});
afterEach(() => folder.cleanup());

const SOURCE = JSON.stringify(join(import.meta.dirname, '../../../src/agents/workers/execution-memory.ts'));
const one: RememberedExecution = {
  execution_id: 'exec-1',
  id: 'WRK-1',
  actor: 'ada',
  state: 'running',
  process: null,
};

/** A process that remembers an execution, and lives until it is killed. */
async function otherProcess(pool: string): Promise<() => Promise<void>> {
  const script = `const { FileMemory } = await import(${SOURCE});
    new FileMemory(${JSON.stringify(folder.path)}, ${JSON.stringify(pool)}).remember(${JSON.stringify(one)});
    console.log('done'); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

describe('given an execution of another process', () => {
  test('when that lives, then it is let alone; once it was killed, then it is taken over, once', async () => {
    const kill = await otherProcess('ada');
    const memory = new FileMemory(folder.path, 'ada');
    memory.takeOver();
    expect(memory.list()).toEqual([]);
    await kill();
    memory.takeOver();
    expect(memory.list()).toEqual([{ ...one, state: 'left' }]);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.sqlite'))).toHaveLength(1);
    const second = new FileMemory(folder.path, 'ada');
    second.takeOver();
    expect(second.list()).toEqual([]);
    memory.forget(one.execution_id);
    memory.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('when its pool has another name, then it is let alone', async () => {
    await (await otherProcess('bob'))();
    const memory = new FileMemory(folder.path, 'ada');
    memory.takeOver();
    expect(memory.list()).toEqual([]);
  });
});

test('given pools of one name in one process, when both live, then each has its own', () => {
  const [first, second] = [new FileMemory(folder.path, 'ada'), new FileMemory(folder.path, 'ada')];
  first.remember(one);
  second.takeOver();
  expect(second.list()).toEqual([]);
  first.remember({ ...one, state: 'parked' });
  first.close();
  second.takeOver();
  expect(second.list()).toEqual([{ ...one, state: 'left' }]);
  second.close();
});
