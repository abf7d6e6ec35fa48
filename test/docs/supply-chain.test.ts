import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isAllowed, shippedWith } from '../../.ci/shipped.ts';

// The package whose code users get with this one. The lock file says what; no network is asked.
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHIPPED = shippedWith(ROOT);

test('given what users get, when its licences are read, then each allows to be passed on', () => {
  expect(SHIPPED.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['isomorphic-git', 'simple-git', 'vega', 'yaml', 'zod']),
  );
  const refused = SHIPPED.filter(({ license }) => !isAllowed(license));
  expect(refused.map(({ name, version, license }) => `${name} ${version}: ${license}`)).toEqual([]);
});

test.each([
  ['MIT', true],
  ['(MIT AND Zlib)', true],
  ['(GPL-3.0 OR MIT)', true],
  ['(MIT AND GPL-3.0-only)', false],
  ['GPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE', false],
  [undefined, false],
])('given the licence %s, when it is asked for, then that it is allowed is %s', (license, allowed) => {
  expect(isAllowed(license)).toBe(allowed);
});

test('given what users get, when npm installs it, then it is held against a hash, and runs no script', () => {
  for (const { name, version, integrity, hasInstallScript } of SHIPPED) {
    expect(integrity, `${name} ${version}`).toMatch(/^sha512-/);
    expect(hasInstallScript, `${name} ${version}`).toBeUndefined();
  }
});

test('given what a bundle contains, when the package is read, then the licence of each is beside it', () => {
  const texts = readFileSync(join(ROOT, 'dist/cli/licenses.txt'), 'utf8').split(`${'-'.repeat(80)}\n`);
  for (const { name, version } of SHIPPED.filter(({ bundled }) => bundled)) {
    const text = texts.find((one) => one.trimStart().startsWith(`${name} ${version} (`)) ?? '';
    expect(text.length, `${name} ${version}`).toBeGreaterThan(300);
  }
});
