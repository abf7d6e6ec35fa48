import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, type ForgedFile, forge, inFile, readHistory, writeHistory } from './forge.ts';
import { FIRST, liveHonestly, SECOND, THIRD } from './honest.ts';
import { audit, makeLedger } from './ledgers.ts';

const ACTIVE = `active/2026/01/01/${FIRST}.yaml`;
const COMPLETED = `completed/2026/01/01/${FIRST}.yaml`;
const BOMB = `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`;

let folder: TempFolder;
let gitDir: string;
let history: ForgedCommit[];

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const place = await makeLedger(folder.path);
  gitDir = place.gitDir;
  await liveHonestly(place.ledger);
  await place.ledger.close();
  history = await readHistory(gitDir);
});
afterAll(() => folder.cleanup());

/** Rules that the last commit of a forged history breaks; all before it must be right. */
async function broken(
  start: string,
  tamper: (commit: ForgedCommit) => Partial<ForgedCommit>,
): Promise<string[]> {
  const commits = forge(history, start, tamper);
  const { findings, tip } = await audit(gitDir, await writeHistory(gitDir, commits));
  expect(findings.map(({ commit }) => commit)).toEqual(findings.map(() => tip));
  return findings.map(({ rule }) => rule);
}

const withFiles =
  (...files: ForgedFile[]) =>
  (): Partial<ForgedCommit> => ({ files });
const adding = (file: ForgedFile) => (commit: ForgedCommit) => ({ files: [...commit.files, file] });
const textOf = (start: string): string =>
  String(history.find(({ message }) => message.startsWith(start))?.files.at(-1)?.text);

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
    expect(await broken(`checkpoint ${FIRST}`, withFiles({ path: ACTIVE, text }))).toEqual([rule]);
  });

  it('of another item, then it is named', async () => {
    expect(await broken(`checkpoint ${FIRST}`, (commit) => inFile(commit, FIRST, SECOND))).toEqual([
      'file:id',
    ]);
  });

  it('when the next commit mends it, then that one is found, too, and nothing after it', async () => {
    const at = history.findIndex(({ message }) => message.startsWith(`checkpoint ${FIRST}`));
    const commits = history.map((commit, index) =>
      index === at ? { ...commit, files: [{ path: ACTIVE, text: BOMB }] } : commit,
    );
    const { findings, commits: count } = await audit(gitDir, await writeHistory(gitDir, commits));
    expect(findings.map(({ rule }) => rule)).toEqual(['file:alias', 'illegal:DAMAGED_ITEM']);
    expect(count).toBe(history.length);
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
        { path: ACTIVE.replace('/01/', '/02/'), text: 'a' },
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
    const same = textOf(`checkpoint ${FIRST}`);
    const written = files.map((file) => (file.text === 'same' ? { ...file, text: same } : file));
    expect(await broken(`checkpoint ${FIRST}`, withFiles(...written))).toEqual(rules);
  });

  it('as the item that did not leave its old place, then it is found', async () => {
    const stays = ({ files }: ForgedCommit) => ({ files: files.filter(({ text }) => text !== undefined) });
    expect(await broken(`complete ${FIRST}`, stays)).toEqual(['path']);
  });

  it('as an item that stands in another directory than its status says, then it is found', async () => {
    const text = textOf(`complete ${FIRST}`);
    expect(await broken(`complete ${FIRST}`, withFiles({ path: ACTIVE, text }))).toEqual(['file:status']);
  });

  it('as two items in one commit, then it is found', async () => {
    const text = textOf(`create ${SECOND}`).replace('rev: 1', 'rev: 2');
    const second = { path: ACTIVE.replaceAll('01.yaml', '02.yaml').replace('/01/WRK', '/02/WRK'), text };
    expect(await broken(`checkpoint ${FIRST}`, adding(second))).toEqual(['item']);
  });
});

describe('given bytes that are not canonical', () => {
  it.each([
    ['a comment', /^/, '# hello\n'],
    ['another quoting', 'title: First', 'title: "First"'],
    ['another order', /^(id: .*)\n(rev: .*)$/m, '$2\n$1'],
    ['a default that says nothing', /$/, 'comments: []\n'],
  ])('for %s, then it is found', async (_what, from, to) => {
    expect(await broken(`checkpoint ${FIRST}`, (commit) => inFile(commit, from, to))).toEqual(['canonical']);
  });
});

describe('given a file that goes', () => {
  it('without the verb, then it is found', async () => {
    expect(await broken(`checkpoint ${FIRST}`, withFiles({ path: ACTIVE, text: undefined }))).toEqual([
      'deleted',
      'trailer:Work-Status',
    ]);
  });

  it('with the verb, then nothing is found', async () => {
    expect(await broken(`delete ${THIRD}`, () => ({}))).toEqual([]);
  });
});
