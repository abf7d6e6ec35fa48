import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HEAVY, loadsOf } from '../helpers/loads.ts';

const src = (path: string): string => JSON.stringify(join(import.meta.dirname, '../../src', path));
const load = (...paths: string[]) =>
  loadsOf(['--input-type=module', '-e', paths.map((path) => `await import(${src(path)});`).join('\n')]);

it('given what reads a call, when it is loaded, then nothing heavy is, and no help', async () => {
  const { loads } = await load('cli/program.ts');
  expect(loads).not.toContain('src/cli/help.ts');
  expect(loads.filter((name) => HEAVY.includes(name))).toEqual([]);
  expect(loads.filter((name) => name.startsWith('src/') && !name.startsWith('src/cli/'))).toEqual([]);
  expect(loads.filter((name) => name.startsWith('src/cli/commands/'))).toEqual([]);
});

it('given how items, settings and messages are decided and decoded, when it is loaded, then nothing heavy is', async () => {
  const { loads } = await load(
    ...[
      'domain/decide.ts',
      'domain/configure.ts',
      'domain/item-schema.ts',
      'codec/item.ts',
      'codec/settings.ts',
    ],
    ...['codec/message.ts', 'codec/path.ts', 'codec/op.ts', 'domain/commands.ts'],
  );
  expect(loads).toContain('src/codec/canonical-yaml.ts');
  expect(loads.filter((name) => HEAVY.includes(name))).toEqual([]);
});

it('given a file that the program wrote, when it is decoded, then neither yaml nor zod is loaded', async () => {
  const item = `schema: 1
id: WRK-20260103-0001
rev: 1
last_op: "019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11"
title: One
type: task
priority: medium
status: pending
created_at: "2026-01-03T10:00:00.000Z"
created_by: ada
updated_at: "2026-01-03T10:00:00.000Z"
attempts: 0
`;
  const decode = (text: string) =>
    loadsOf([
      '--input-type=module',
      '-e',
      `const { decodeItem } = await import(${src('codec/item.ts')});
       const read = decodeItem(Buffer.from(${JSON.stringify(text)}), 'WRK-20260103-0001', 'active');
       console.log(read.kind, read.item?.title);`,
    ]);
  const own = await decode(item);
  expect(own.stdout).toBe('item One\n');
  expect(own.loads.filter((name) => HEAVY.includes(name))).toEqual([]);
  const foreign = await decode(item.replace('One', '"One" # by hand'));
  expect(foreign.stdout).toBe('item One\n');
  expect(foreign.loads.filter((name) => HEAVY.includes(name))).toEqual(['yaml', 'zod']);
});
