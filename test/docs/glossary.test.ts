import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readProject } from './markdown.ts';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));
const FILES = globSync('**/*.ts', { cwd: SOURCE }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  code: withoutTexts(readFileSync(`${SOURCE}${path}`, 'utf8')),
}));

/** Words that one has to be told, and what stands in their place. */
const BANNED: Readonly<Record<string, string>> = {
  desk: 'leader',
  clerk: 'leader',
  mailbox: 'request queue',
  heir: 'successor',
  moot: 'no-op',
  ground: 'base state',
  notebook: 'observations, notes',
  outlet: 'event sink',
  leftovers: 'orphaned executions',
  landing: 'op index',
  landings: 'op index',
  mend: 'repair',
  mends: 'repair',
  mended: 'repaired',
  mending: 'repairing',
  mender: 'who may repair',
  lay: 'place, write',
  lays: 'place, write',
  laid: 'placed, written',
  laying: 'placing, writing',
  carry: 'combine, bring',
  carries: 'combine, bring',
  carried: 'combined, brought',
  leftover: 'orphaned executions',
  desks: 'leaders',
  clerks: 'leaders',
  mailboxes: 'request queues',
  letters: 'requests',
  heirs: 'successors',
  notebooks: 'observations, notes',
  outlets: 'event sinks',
  pauses: 'back-off',
  doubts: 'in doubt',
  unsure: 'in doubt',
  take: 'claim, read, apply, allocate',
  takes: 'claims, arguments',
  taken: 'claimed, in use',
  tell: 'describe, write, report',
  tells: 'describes',
  told: 'described, known',
  beside: 'apart, other',
  letter: 'request, character',
  hold: 'claim, keep',
  holds: 'has a claim',
};
/** Of these words some are left in other layers. */
const LEFT: ReadonlySet<string> = new Set(
  'take takes taken tell tells told beside letter hold holds'.split(' '),
);
const WITHOUT_THEM =
  /^(?:audit|cli|codec|domain|git|isomorphic|operations|projection|query|remote|store|trace|transfer)\//;
/** Names that others read: keys of `--json` and of local state, codes of errors, and calls of other layers. */
const STORED: Readonly<Record<string, readonly string[]>> = {
  mends: ['mends'],
  mended: ['mended'],
  laid: ['laid'],
  leftover: ['leftover'],
  take: ['takeSide'],
  taken: ['ID_TAKEN'],
};

/** Code without comments and texts: names alone. */
function withoutTexts(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replaceAll(/`(?:[^`\\]|\\.)*`/g, (whole) =>
      [...whole.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code).join(' '),
    );
}

/** The words that names are made of: `readSignOf` has `read`, `sign` and `of`. */
const wordsOf = (name: string): string[] =>
  name
    .split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

describe('given the words that the project does not use', () => {
  test.each(Object.keys(BANNED))('when names and files are read, then none has %s in it', (word) => {
    const files = LEFT.has(word) ? FILES.filter(({ path }) => WITHOUT_THEM.test(path)) : FILES;
    const found = files.flatMap(({ path, code }) => {
      const names = new Set(code.match(/[A-Za-z_$][\w$]*/g));
      const wrong = [...names].filter((name) => wordsOf(name).includes(word));
      const allowed = new Set(STORED[word]);
      return [
        ...wrong.filter((name) => !allowed.has(name)).map((name) => `${path}: ${name}`),
        ...(wordsOf(path.replace(/\.ts$/, '')).includes(word) ? [path] : []),
      ];
    });
    expect(found, `say: ${BANNED[word]}`).toEqual([]);
  });
});

describe('given docs/glossary.md', () => {
  const ENTRIES = [
    ...readProject('docs/glossary.md').matchAll(/^- \*\*([^*]+)\*\* \(`([^`]+)`\): (.+)/gm),
  ].map(([, word = '', name = '']) => [word, name] as const);
  const NAMES = new Set(FILES.flatMap(({ code }) => code.match(/[A-Za-z_$][\w$]*/g) ?? []));

  test.each(ENTRIES)('when it defines %s, then the code has it as %s', (_, name) => {
    expect(name.endsWith('.ts') ? existsSync(`${SOURCE}${name}`) : NAMES.has(name)).toBe(true);
  });

  test('when its entries are read, then each has a name of the code, and stands there once', () => {
    const words = ENTRIES.map(([word]) => word);
    expect(words).toHaveLength(readProject('docs/glossary.md').match(/^- /gm)?.length ?? 0);
    expect(new Set(words).size).toBe(words.length);
  });
});
