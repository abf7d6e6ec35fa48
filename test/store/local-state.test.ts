import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileState } from '../../src/store/local-state.ts';
import { makeTempFolder } from '../helpers/temp-repo.ts';

test('given a process that was killed while it wrote, when what is there is listed, then what it left is none of it', async () => {
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  await mkdir(join(path, 'notes'));
  await writeFile(join(path, 'notes', 'half.4711'), 'ha');
  const state = new FileState(path);
  state.set('notes/whole', 'whole');
  expect(state.keys('notes')).toEqual(['whole']);
});
