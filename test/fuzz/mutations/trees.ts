import type { Chance } from '../../simulation/chance.ts';
import { latin } from '../draft.ts';
import type { Folder, Line } from '../folder.ts';
import { anyDraft, anyFile, anyOf, type Mutation } from './bent.ts';

const EMPTY_BLOB = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Bends a line of one of a commit's trees. */
const onLine =
  (bend: (line: Line, folder: Folder, chance: Chance) => void): Mutation =>
  (bent, chance) => {
    const draft = anyDraft(bent, chance);
    const path = draft.files.at(-1)?.path;
    draft.bends.push((root) => {
      const files = [...root.files()];
      const own = files.find((file) => file.path === path);
      const found =
        own !== undefined && chance.happens(0.6) ? own : files.length > 0 ? anyOf(chance, files) : undefined;
      if (found !== undefined) bend(found.line, found.folder, chance);
    });
  };

/** Adds a line to one of a commit's trees. */
const add = (...lines: ((chance: Chance) => Line)[]): Mutation =>
  onLine((_line, folder, chance) => {
    const line = anyOf(chance, lines)(chance);
    if (chance.happens(0.5)) folder.put(line);
    else folder.lines.push(line);
  });

const file = (name: string): Line => ({ mode: '100644', name: latin(name), oid: EMPTY_BLOB });

const NAMES = [
  '.git',
  '.GIT',
  '.Git',
  'git~1',
  'GIT~1',
  '.git.',
  '.git ',
  '.git::$INDEX',
  '.g\u200cit',
  '.\u200dgit',
  '.gi\u0000',
  '..',
  '.',
  '',
  'a/b',
  'a\\b',
  '.git\\x',
  'CON',
  'aux.txt',
  'NUL',
  'com1.yaml',
  'x.',
  'x ',
  ' x',
  'README.md',
  'readme.md',
  'Readme.MD',
  'Active',
  'active',
  'LEDGER.yaml',
  'ledger.yaml',
  'ledger.yaml ',
  '.gitmodules',
  '.GITMODULES',
  '.gitattributes',
  '.gitignore',
  '.mailmap',
  'u\u0308',
  '\u00fc',
  'x\u202ey',
  '-x',
  'seal.yaml',
  'seal',
  'quarantine',
  'policy',
  'x'.repeat(300),
];

/** What is bent of a commit's trees. */
export const TREES: Readonly<Record<string, Mutation>> = {
  'another mode': onLine((line, _folder, chance) => {
    line.mode = anyOf(chance, [
      '100755',
      '120000',
      '160000',
      '100664',
      '100640',
      '0100644',
      '40000',
      '040000',
      '40755',
      '644',
      '',
      '0',
      '1000644',
      'abc',
      '100 644',
    ]);
  }),
  'a name twice': onLine((line, folder, chance) => {
    folder.lines.splice(folder.lines.indexOf(line) + chance.below(2), 0, {
      ...line,
      oid: anyOf(chance, [line.oid, EMPTY_BLOB]),
    });
  }),
  'a folder of a file’s name': onLine(
    (line, folder) => void folder.lines.push({ mode: '40000', name: line.name, oid: EMPTY_TREE }),
  ),
  'lines in another order': onLine((_line, folder) => void folder.lines.reverse()),
  'a file gone': onLine((line, folder) => void folder.lines.splice(folder.lines.indexOf(line), 1)),
  'an object that is not there': onLine((line, _folder, chance) => {
    line.oid = anyOf(chance, ['1'.repeat(40), '0'.repeat(40)]);
  }),
  'an object of another kind': onLine((line) => {
    line.oid = EMPTY_TREE;
  }),
  'an odd name': add((chance) => file(anyOf(chance, NAMES))),
  'an odd folder': add((chance) => ({ mode: '40000', name: latin(anyOf(chance, NAMES)), oid: EMPTY_TREE })),
  'a link': add((chance) => ({
    mode: '120000',
    name: anyOf(chance, ['link', 'README.md', '.gitattributes', '.gitmodules']),
    oid: EMPTY_BLOB,
  })),
  'a submodule': add((chance) => ({
    mode: '160000',
    name: anyOf(chance, ['module', 'active']),
    oid: '4'.repeat(40),
  })),
  'another name': onLine((line, _folder, chance) => {
    const name = anyOf(chance, [
      line.name.toUpperCase(),
      line.name.toLowerCase(),
      `${line.name} `,
      `${line.name}.`,
      `x${line.name}`,
      line.name.replace('0', 'O'),
      line.name.replace('.yaml', '.yml'),
      `${line.name}\xff`,
      anyOf(chance, NAMES),
    ]);
    line.name = chance.happens(0.5) ? name : latin(name);
  }),
  'a tree that breaks off': onLine((_line, folder, chance) => {
    folder.rest = anyOf(chance, [
      '1',
      '100644 x',
      '100644 x\0abc',
      '100644',
      ' \0',
      '\0',
      `\0${'x'.repeat(20)}`,
      ` x\0${'x'.repeat(20)}`,
      `100644 \0${'x'.repeat(20)}`,
    ]);
  }),
  'a file elsewhere': (bent, chance) => {
    const one = anyFile(bent, chance);
    if (one === undefined) return;
    one.path = anyOf(chance, [
      one.path.replace('active', 'completed'),
      one.path.replace('/x', '/y'),
      one.path.replace(/\/x../, ''),
      `x/${one.path}`,
      one.path.replace('2026-01', '2026-02'),
      one.path.replace('active', 'Active'),
      one.path.replace(/.*\//, ''),
      one.path.replace('2026-01', '2026-01/../2026-01'),
      'quarantine/x.yaml',
      'seal/x',
      'policy/allowed_signers',
      'ledger.yaml',
    ]);
  },
  'a file in two places': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    const one = draft.files.find(({ path, text }) => text !== undefined && path.startsWith('active/'));
    if (one !== undefined)
      draft.files.push({
        ...one,
        path: one.path.replace('active', anyOf(chance, ['completed', 'failed', 'cancelled', 'Active'])),
      });
  },
  'a file more': (bent, chance) => {
    const path = anyOf(chance, [
      'README.md',
      'CODEOWNERS',
      'x.txt',
      '.gitmodules',
      '.gitattributes',
      'active/x',
      'policy/allowed_signers',
      'templates/a.md',
      '.github/workflows/x.yml',
      'quarantine/a',
      'seal/x',
      'seal.yaml',
      'active/2026-01/x99/WRK-20260103-0099.yaml',
      'ledger.yaml',
      `${'a/'.repeat(40)}b`,
      'readme.md',
      'templates/A.md',
    ]);
    const text = anyOf(chance, [
      '',
      'x\n',
      '\xff',
      '\0',
      'x'.repeat(300_000),
      '* text=auto\n',
      '[submodule "x"]\n\tpath = -x\n\turl = -x\n',
      '*.yaml -diff merge=union\n',
      'mallory mallory\n',
    ]);
    anyDraft(bent, chance).files.push({ path, mode: '100644', text });
  },
  'many files more': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    const folder = anyOf(chance, ['templates', 'active/2026-01/x01', 'x']);
    for (let n = 0; n < 40; n += 1)
      draft.files.push({ path: `${folder}/${n}`, mode: '100644', text: `${n}` });
  },
  'the settings gone': (bent, chance) =>
    void anyDraft(bent, chance).files.push({ path: 'ledger.yaml', mode: '100644', text: undefined }),
};
