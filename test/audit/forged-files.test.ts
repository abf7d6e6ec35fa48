import { describe, expect, it } from 'vitest';
import { type ForgedCommit, type ForgedFile, inFile } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST, SECOND, THIRD } from './honest.ts';
import { audit } from './ledgers.ts';

const ACTIVE = `active/2026-01/x01/${FIRST}.yaml`;
const COMPLETED = `completed/2026-01/x01/${FIRST}.yaml`;
const BOMB = `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`;

const forger = new Forger();

const withFiles =
  (...files: ForgedFile[]) =>
  (): Partial<ForgedCommit> => ({ files });
const adding = (file: ForgedFile) => (commit: ForgedCommit) => ({ files: [...commit.files, file] });

describe('given a file that cannot be read', () => {
  it.each([
    ['a YAML alias bomb', BOMB, 'file:alias'],
    ['conflict markers', '<<<<<<< ours\nrev: 2\n=======\nrev: 3\n>>>>>>> theirs\n', 'file:conflict'],
    ['CRLF line ends', 'schema: 1\r\n', 'file:crlf'],
    ['what is no YAML', 'a: [\n', 'file:yaml'],
    ['another schema', 'schema: 2\n', 'file:schema'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x0a]), 'file:encoding'],
    ['too many bytes', `description: ${'x'.repeat(2 * 1024 * 1024)}\n`, 'file:size'],
  ])('with %s, then it is named', async (_what, text, rule) => {
    expect(await forger.broken(`checkpoint ${FIRST}`, withFiles({ path: ACTIVE, text }))).toEqual([rule]);
  });

  it('of another item, then it is named', async () => {
    expect(await forger.broken(`checkpoint ${FIRST}`, (commit) => inFile(commit, FIRST, SECOND))).toEqual([
      'file:id',
    ]);
  });

  it('when the next commit mends it, then that one is found, too, and nothing after it', async () => {
    const at = forger.history.findIndex(({ message }) => message.startsWith(`checkpoint ${FIRST}`));
    const commits = forger.history.map((commit, index) =>
      index === at ? { ...commit, files: [{ path: ACTIVE, text: BOMB }] } : commit,
    );
    const { findings, commits: count } = await audit(forger.gitDir, await forger.write(commits));
    expect(findings.map(({ rule }) => rule)).toEqual(['file:alias', 'illegal:DAMAGED_ITEM']);
    expect(count).toBe(forger.history.length);
  });
});

describe('given a file that is in the wrong place or of the wrong kind', () => {
  it.each([
    ['a symbolic link', [{ path: ACTIVE, text: '/etc/passwd', mode: '120000' }], ['mode']],
    ['an executable', [{ path: ACTIVE, text: 'same', mode: '100755' }], ['mode']],
    [
      'a file beside the item',
      [
        { path: ACTIVE, text: 'same' },
        { path: 'README.md', text: 'Hello.\n' },
      ],
      ['item'],
    ],
    [
      'the settings',
      [
        { path: ACTIVE, text: 'same' },
        { path: 'ledger.yaml', text: 'a: 1\n' },
      ],
      ['configure'],
    ],
    [
      'a path of another month',
      [
        { path: ACTIVE, text: 'same' },
        { path: ACTIVE.replace('2026-01/', '2026-02/'), text: 'a' },
      ],
      ['path'],
    ],
    [
      'a second file of the item',
      [
        { path: ACTIVE, text: 'same' },
        { path: COMPLETED, text: 'same' },
      ],
      ['file:status', 'path'],
    ],
    ['no item', [{ path: 'README.md', text: 'Hello.\n' }], ['item', 'item']],
  ])('as %s, then it is found', async (_what, files: ForgedFile[], rules) => {
    const same = forger.textOf(`checkpoint ${FIRST}`);
    const written = files.map((file) => (file.text === 'same' ? { ...file, text: same } : file));
    expect(await forger.broken(`checkpoint ${FIRST}`, withFiles(...written))).toEqual(rules);
  });

  it('as the item that did not leave its old place, then it is found', async () => {
    const stays = ({ files }: ForgedCommit) => ({ files: files.filter(({ text }) => text !== undefined) });
    expect(await forger.broken(`complete ${FIRST}`, stays)).toEqual(['path']);
  });

  it('as an item that stands in another directory than its status says, then it is found', async () => {
    const text = forger.textOf(`complete ${FIRST}`);
    expect(await forger.broken(`complete ${FIRST}`, withFiles({ path: ACTIVE, text }))).toEqual([
      'file:status',
    ]);
  });

  it('as two items in one commit, then it is found', async () => {
    const text = forger.textOf(`create ${SECOND}`).replace('rev: 1', 'rev: 2');
    const second = { path: ACTIVE.replaceAll('01.yaml', '02.yaml').replace('/x01/', '/x02/'), text };
    expect(await forger.broken(`checkpoint ${FIRST}`, adding(second))).toEqual(['item']);
  });
});

describe('given bytes that are not canonical', () => {
  it.each([
    ['a comment', /^/, '# hello\n'],
    ['another quoting', 'title: First', 'title: "First"'],
    ['another order', /^(id: .*)\n(rev: .*)$/m, '$2\n$1'],
    ['a default that says nothing', /$/, 'comments: []\n'],
  ])('for %s, then it is found', async (_what, from, to) => {
    expect(await forger.broken(`checkpoint ${FIRST}`, (commit) => inFile(commit, from, to))).toEqual([
      'canonical',
    ]);
  });
});

describe('given a file that goes', () => {
  it('without the verb, then it is found', async () => {
    expect(await forger.broken(`checkpoint ${FIRST}`, withFiles({ path: ACTIVE, text: undefined }))).toEqual([
      'deleted',
      'trailer:Work-Status',
    ]);
  });

  it('with the verb, then nothing is found', async () => {
    expect(await forger.broken(`delete ${THIRD}`, () => ({}))).toEqual([]);
  });
});
