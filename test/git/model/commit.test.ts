import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MAX_COMMIT_BYTES, makeCommit, parseCommit } from '../../../src/git/model/commit.ts';
import { nameObject } from '../../../src/git/model/object.ts';
import { writeLoose } from '../../../src/git/objects/loose.ts';
import { isolatedEnv, makeBareRepo, makeTempFolder } from '../../helpers/temp-repo.ts';

const OID = (digit: string): string => digit.repeat(40);
const TREE = `tree ${OID('a')}`;
const PARENT = `parent ${OID('b')}`;
const OTHER = `parent ${OID('c')}`;
const AUTHOR = 'author Ada Lovelace <ada@example.invalid> 1767438000 +0100';
const COMMITTER = 'committer GitHub <noreply@example.invalid> 1767438001 +0000';
const SIGNATURE =
  'gpgsig -----BEGIN PGP SIGNATURE-----\n \n wsFcBAABCAAQBQJ\n -----END PGP SIGNATURE-----\n ';
const TAG = `mergetag object ${OID('c')}\n type commit\n tag v1\n tagger Ada <a@example.invalid> 1 +0000\n \n Tag`;

const bytesOf = (lines: readonly string[], message = 'claim one\n\nOf it.\n'): Buffer =>
  Buffer.from(`${lines.join('\n')}\n\n${message}`);
const faultOf = (...lines: string[]): string | undefined => parseCommit(bytesOf(lines)).fault;

const WRITTEN: [string, string[]][] = [
  ['a root', [TREE, AUTHOR, COMMITTER]],
  ['one with a parent', [TREE, PARENT, AUTHOR, COMMITTER]],
  ['a merge that a host signed', [TREE, PARENT, OTHER, AUTHOR, COMMITTER, SIGNATURE]],
  ['a merge of two signed tags', [TREE, PARENT, OTHER, AUTHOR, COMMITTER, TAG, TAG, SIGNATURE]],
  ['one that names UTF-8', [TREE, PARENT, AUTHOR, COMMITTER, 'encoding UTF-8']],
  [
    'a merge by a git that is set to Latin-1',
    [TREE, PARENT, OTHER, AUTHOR, COMMITTER, 'encoding ISO-8859-1'],
  ],
  ['one for both kinds of object names', [TREE, AUTHOR, COMMITTER, SIGNATURE, 'gpgsig-sha256 x\n y']],
  ['one that tells versions of a change', [TREE, AUTHOR, COMMITTER, 'change-id zxwvutsrqponmlkz']],
  [
    'one that was Mercurial’s',
    [TREE, AUTHOR, COMMITTER, 'HG:extra a:b', 'HG:extra c:d', 'HG:rename-source hg'],
  ],
  ['one by somebody without a name', [TREE, 'author  <a@example.invalid> 0 -0000', 'committer  <> 1 +0000']],
];

const UNLIKE_GIT = [
  'author ada',
  'author <a@example.invalid> 1 +0000',
  'author ada<a@example.invalid> 1 +0000',
  'author a>da <a@example.invalid> 1 +0000',
  'author ada <a<b@example.invalid> 1 +0000',
  'author ada <a@example.invalid 1 +0000',
  'author ada <a@example.invalid>1 +0000',
  'author ada <a@example.invalid> 01 +0000',
  'author ada <a@example.invalid> -1 +0000',
  'author ada <a@example.invalid> 1e3 +0000',
  'author ada <a@example.invalid> 1',
  'author ada <a@example.invalid> 1 +00',
  'author ada <a@example.invalid> 1 +0000 more',
  'author ada <a@example.invalid> 999999999999999999999 +0000',
];

describe('a commit as git and its hosts write it', () => {
  test.each(WRITTEN)('given %s, when it is read, then nothing is wrong with it', (_what, lines) => {
    expect(parseCommit(bytesOf(lines)).fault).toBeUndefined();
  });

  test('given any commit that the program makes, when it is read, then it has what it was made of', () => {
    const name = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map((text) => text.replaceAll(/[<>\p{Cc}]/gu, '').trim());
    const person = fc.record({
      name: name.map((text) => text || 'x'),
      email: name,
      at: fc.integer({ min: 0, max: 253_402_300_799 }),
    });
    const oid = fc.stringMatching(/^[0-9a-f]{40}$/);
    const parts = fc.record({
      tree: oid,
      parents: fc.uniqueArray(oid, { maxLength: 3 }),
      author: person,
      committer: person,
      message: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    });
    fc.assert(
      fc.property(parts, (commit) => {
        expect(parseCommit(makeCommit(commit).bytes)).toEqual({ ...commit, fault: undefined });
      }),
      { numRuns: 100 },
    );
  });

  test('given a commit without a message, when it is read, then the message is empty', () => {
    expect(parseCommit(Buffer.from(`${[TREE, AUTHOR, COMMITTER].join('\n')}\n`))).toMatchObject({
      message: '',
      fault: undefined,
    });
  });
});

describe('a commit that nobody’s git wrote', () => {
  test.each([
    ['without a tree', [PARENT, AUTHOR, COMMITTER], 'it has no tree where git writes it'],
    ['without an author', [TREE, PARENT, COMMITTER], 'it has no author where git writes it'],
    ['without a committer', [TREE, PARENT, AUTHOR], 'it has no committer where git writes it'],
    [
      'with a parent below the author',
      [TREE, AUTHOR, PARENT, COMMITTER],
      'it has no committer where git writes it',
    ],
    [
      'with a parent below all',
      [TREE, AUTHOR, COMMITTER, PARENT],
      'its parent stands twice, or out of its place',
    ],
    ['with two authors', [TREE, AUTHOR, AUTHOR, COMMITTER], 'it has no committer where git writes it'],
    [
      'with two committers',
      [TREE, AUTHOR, COMMITTER, COMMITTER],
      'its committer stands twice, or out of its place',
    ],
    ['with two trees', [TREE, TREE, AUTHOR, COMMITTER], 'it has no author where git writes it'],
    [
      'with one parent twice',
      [TREE, PARENT, PARENT, AUTHOR, COMMITTER],
      `it has the parent ${OID('b')} twice`,
    ],
    [
      'with a tree in capitals',
      [TREE.replaceAll('a', 'A').replace('treE', 'tree'), AUTHOR, COMMITTER],
      'in a way that git does not',
    ],
    [
      'with a parent that is too short',
      [TREE, 'parent bbbb', AUTHOR, COMMITTER],
      'in a way that git does not',
    ],
    ['with an unknown header', [TREE, AUTHOR, COMMITTER, 'x-note hello'], 'its header "x-note" is not known'],
    ['with a header of nothing', [TREE, AUTHOR, COMMITTER, ' and more'], 'its header "" is not known'],
    ['with a header without a value', [TREE, AUTHOR, COMMITTER, 'note'], 'its header "note" is not known'],
    [
      'with two signatures',
      [TREE, AUTHOR, COMMITTER, SIGNATURE, SIGNATURE],
      'its header gpgsig stands twice',
    ],
    ['with a committer that goes on', [TREE, AUTHOR, `${COMMITTER}\n more`], 'its header "" is not known'],
    [
      'of an encoding that changes what it says',
      [TREE, PARENT, AUTHOR, COMMITTER, 'encoding UTF-7'],
      'in another encoding than UTF-8',
    ],
    [
      'that merges, of an encoding in which ASCII is something else',
      [TREE, PARENT, OTHER, AUTHOR, COMMITTER, 'encoding UTF-7'],
      'in another encoding than UTF-8',
    ],
    ['with a byte zero above the message', [TREE, AUTHOR, COMMITTER, 'gpgsig a\0b'], 'it has a byte zero'],
  ])('given one %s, when it is read, then that is told', (_what, lines, fault) => {
    expect(faultOf(...lines)).toContain(fault);
  });

  test.each(UNLIKE_GIT)('given the line “%s”, when it is read, then that is told', (author) => {
    expect(faultOf(TREE, author, COMMITTER)).toBe('its author is not written as git writes one');
  });

  test('given a time beyond all calendars, when it is read, then it is none, and can be told as a date', () => {
    const { author } = parseCommit(
      bytesOf([TREE, 'author ada <a@example.invalid> 99999999999999 +0000', COMMITTER]),
    );
    expect(author.at).toBe(0);
  });

  test('given a message with a byte zero, when it is read, then that is told: git would end it there', () => {
    expect(parseCommit(bytesOf([TREE, AUTHOR, COMMITTER], 'one\0two')).fault).toContain('byte zero');
  });

  test('given bytes that are no text, when they are read, then that is told: git would show them as they stand', () => {
    const bytes = Buffer.concat([
      bytesOf([TREE, PARENT, AUTHOR, COMMITTER], 'Work-Actor: lea'),
      Buffer.from([0xff]),
    ]);
    expect(parseCommit(bytes).fault).toBe('it is not UTF-8');
  });

  test('given more bytes than are read of a commit, when its beginning is read, then the size is told, and the rest stands', () => {
    const bytes = bytesOf([TREE, PARENT, AUTHOR, COMMITTER], 'x'.repeat(100));
    const commit = parseCommit(bytes, MAX_COMMIT_BYTES + 1);
    expect(commit.fault).toContain(`${MAX_COMMIT_BYTES + 1} bytes; ${MAX_COMMIT_BYTES} are allowed`);
    expect(commit).toMatchObject({ tree: OID('a'), parents: [OID('b')] });
  });

  test('given headers in other places, when they are read, then only what stands where git writes it counts', () => {
    const commit = parseCommit(bytesOf([TREE, PARENT, AUTHOR, COMMITTER, OTHER, 'tree '.concat(OID('d'))]));
    expect(commit).toMatchObject({ tree: OID('a'), parents: [OID('b')] });
  });
});

test('given both kinds of commits, when git’s own check reads them, then it finds fault with the same', async () => {
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  const gitDir = await makeBareRepo(path);
  const written = WRITTEN.map(([, lines]) => nameObject({ type: 'commit', bytes: bytesOf(lines) }));
  const unlike = UNLIKE_GIT.map((author) =>
    nameObject({ type: 'commit', bytes: bytesOf([TREE, author, COMMITTER]) }),
  );
  await writeLoose({ promises: fs }, gitDir, [...written, ...unlike]);
  const { stderr } = spawnSync('git', ['--git-dir', gitDir, 'fsck', '--strict'], { env: isolatedEnv() });
  const faulty = [...stderr.toString().matchAll(/(?:error|warning) in commit ([0-9a-f]{40})/g)].map(
    ([, oid]) => oid,
  );
  expect([...new Set(faulty)].sort()).toEqual(unlike.map(({ oid }) => oid).sort());
});
