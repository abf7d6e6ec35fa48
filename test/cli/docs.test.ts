import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { documentation } from '../../src/cli/docs.ts';
import { EXIT } from '../../src/cli/failure.ts';
import { ERROR_CODES } from '../../src/index.ts';
import { codesOf } from '../../src/operations/refusal.ts';

it('docs/cli.md is what the table of commands gives: node src/cli/docs.ts > docs/cli.md', async () => {
  const written = await readFile(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  expect(await documentation()).toBe(written);
});

it('every error code leads to one exit status, and the documentation names it', async () => {
  const named = Object.keys(EXIT).flatMap(codesOf);
  expect(named.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
  for (const code of named) expect(await documentation()).toContain(`\`${code}\``);
});
