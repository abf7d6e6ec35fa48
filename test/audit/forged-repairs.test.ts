import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeRepairMessage } from '../../src/codec/ledger-message.ts';
import { isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { type ForgedCommit, type ForgedFile, readHistory, writeHistory } from './forge.ts';
import { FIRST, liveHonestly, SECOND, THIRD } from './honest.ts';
import { audit, makeLedger } from './ledgers.ts';

const AT = '2026-01-03T12:00:00.000Z';
const SECONDS = Date.parse(AT) / 1000;
const OP = '019b8373-b840-7c66-8f1d-6a0b9c2d3e44';

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

/** The file as the last commit that wrote it left it. */
function lastFile(id: string): ForgedFile {
  const file = history.flatMap(({ files }) => files).findLast(({ path, text }) => path.includes(id) && text);
  if (file === undefined) throw new Error(`${id} has no file`);
  return file;
}

const damage = (...files: ForgedFile[]): ForgedCommit => ({
  message: 'by hand',
  author: 'eve',
  at: SECONDS,
  files,
});
const gone = (path: string): ForgedFile => ({ path, text: undefined });

function repair(names: readonly string[], ...files: ForgedFile[]): ForgedCommit {
  const message = encodeRepairMessage(names, 'why', { op: OP, actor: 'ada', at: AT });
  return { message, author: 'ada', at: SECONDS, files };
}

/** Rules that the last of these commits breaks. */
async function rulesOf(...commits: ForgedCommit[]): Promise<string[]> {
  const tip = await writeHistory(gitDir, [...history, ...commits]);
  const { findings } = await audit(gitDir, tip);
  return findings.flatMap(({ commit, rule }) => (commit === tip ? [rule] : []));
}

it('given a damaged item, when a mend puts it back as it was last whole, then nothing is found in it', async () => {
  const file = lastFile(SECOND);
  const broken = damage({ ...file, text: 'broken' });
  expect(await rulesOf(broken, repair([SECOND], file))).toEqual([]);
  expect(await rulesOf(damage(gone(file.path)), repair([SECOND], file))).toEqual([]);
});

it('given a damaged item, when a mend puts back an earlier version, or none, then it is found', async () => {
  const file = lastFile(SECOND);
  const earlier = history.flatMap(({ files }) => files).find(({ path }) => path === file.path);
  const broken = damage({ ...file, text: 'broken' });
  expect(earlier?.text).not.toBe(file.text);
  expect(await rulesOf(broken, repair([SECOND], { ...file, text: earlier?.text }))).toEqual(['repair']);
  expect(await rulesOf(broken, repair([SECOND], gone(file.path)))).toEqual(['repair']);
});

it('given an item that is whole, when a mend sets it back, then it is found', async () => {
  const file = lastFile(SECOND);
  const earlier = history.flatMap(({ files }) => files).find(({ path }) => path === file.path);
  expect(new Set(await rulesOf(repair([SECOND], { ...file, text: earlier?.text })))).toEqual(
    new Set(['repair']),
  );
  const done = lastFile(FIRST);
  expect(new Set(await rulesOf(repair([FIRST], gone(done.path))))).toEqual(new Set(['repair']));
});

it('given an item that was deleted, when a mend brings it back, then it is found', async () => {
  expect(await rulesOf(repair([THIRD], lastFile(THIRD)))).toEqual(['repair']);
});

it('given files that are none of the ledger’s, when a mend moves them to quarantine, then nothing is found in it', async () => {
  const stray = { path: 'notes.txt', text: 'a note' };
  const moved = [gone(stray.path), { path: 'quarantine/notes.txt', text: 'a note' }];
  expect(await rulesOf(damage(stray), repair([stray.path], ...moved))).toEqual([]);
});

it('given files that may be there, when a mend takes them away or adds others, then it is found', async () => {
  expect(await rulesOf(repair(['README.md'], gone('README.md')))).toEqual(['repair']);
  expect(await rulesOf(repair([], { path: 'notes.txt', text: '' }))).toEqual(['repair']);
  expect(await rulesOf(repair([], { path: 'policy/allowed_signers', text: '' }))).toEqual(['repair']);
});

it('given settings that are whole, when a mend sets them back, then it is found; where they are not, it is not', async () => {
  const path = 'ledger.yaml';
  const [first, last] = [0, -1].map((n) =>
    history
      .flatMap(({ files }) => files)
      .filter((file) => file.path === path)
      .at(n),
  );
  if (first === undefined || last === undefined) throw new Error('there are no settings');
  expect(new Set(await rulesOf(repair([path], first)))).toEqual(new Set(['repair']));
  expect(await rulesOf(damage({ path, text: '[' }), repair([path], first))).toEqual(['repair']);
  expect(await rulesOf(damage({ path, text: '[' }), repair([path], last))).toEqual([]);
});

it('given a mend under another’s name, or that names other things, when it is verified, then it is found', async () => {
  const file = lastFile(SECOND);
  const broken = damage({ ...file, text: 'broken' });
  expect(await rulesOf(broken, { ...repair([SECOND], file), author: 'eve' })).toEqual(['author']);
  expect(await rulesOf(broken, repair([FIRST], file))).toEqual(['message']);
});
