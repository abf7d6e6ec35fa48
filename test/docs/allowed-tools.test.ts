import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { INDEX } from '../../src/cli/program.ts';

const EXAMPLE = readFileSync(
  fileURLToPath(new URL('../../examples/claude-code/run.sh', import.meta.url)),
  'utf8',
);

/** Commands that start a program of the caller's, change what others are held to, or take another's part. */
const RUNS_OR_RULES = [
  'work',
  'batch',
  'config',
  'files',
  'hooks',
  'init',
  'import',
  'recover',
  'merge-driver',
  'review',
];

describe('given the example that runs Claude Code', () => {
  const allowed = [...EXAMPLE.matchAll(/Bash\(([^)]*)\)/g)].map(([, rule = '']) => rule);

  test('when what it may run is read, then it names commands, and no program whole', () => {
    expect(allowed.length).toBeGreaterThan(3);
    for (const rule of allowed) expect(rule).toMatch(/^(?:wl [a-z]+:\*|git (?:status|diff|log))$/);
  });

  test('when its commands of wl are looked up, then each is there, and none runs a program or changes rules', () => {
    const verbs = allowed.flatMap((rule) => /^wl ([a-z]+):/.exec(rule)?.[1] ?? []);
    expect(verbs).toContain('checkpoint');
    for (const verb of verbs) {
      expect(INDEX.map(({ name }) => name)).toContain(verb);
      expect(RUNS_OR_RULES).not.toContain(verb);
    }
  });
});
