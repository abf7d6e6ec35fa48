import { describe, expect, it } from 'vitest';
import { encodeAcknowledgeMessage, encodeRepairMessage } from '../../src/codec/message.ts';
import { judgePush, type RefusedPush } from '../../src/githooks/judge.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { type ForgedCommit, type ForgedFile, forge } from './forge.ts';
import { Forger, OTHER_OP } from './forger.ts';
import { FIRST, SECOND, THIRD } from './honest.ts';
import { audit, BRANCH } from './ledgers.ts';

const AT = '2026-01-03T11:01:00.000Z';
const SECONDS = Date.parse(AT) / 1000;
const OP = '019b8373-b840-7c66-8f1d-6a0b9c2d3e44';

const forger = new Forger();

/** The file as the last commit that wrote it left it. */
function lastFile(id: string): ForgedFile {
  const file = forger.history
    .flatMap(({ files }) => files)
    .findLast(({ path, text }) => path.includes(id) && text);
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

/** Rules that the last of these commits breaks; pushed onto the one before, it is judged alike. */
async function rulesOf(...commits: ForgedCommit[]): Promise<string[]> {
  const tip = await forger.write([...forger.history, ...commits]);
  const { findings } = await audit(forger.gitDir, tip);
  const rules = findings.flatMap(({ commit, rule }) => (commit === tip ? [rule] : []));
  expect((await judge(`${tip}^`, tip))?.rule).toBe(rules[0]);
  return rules;
}

async function judge(before: string, tip: string): Promise<RefusedPush | undefined> {
  const old = await runGit(forger.gitDir, ['rev-parse', before]);
  return judgePush(forger.gitDir, [{ ref: BRANCH, old, now: tip }], SECONDS);
}

it('given a damaged item, when a mend puts it back as it was last whole, then nothing is found in it', async () => {
  const file = lastFile(SECOND);
  const broken = damage({ ...file, text: 'broken' });
  expect(await rulesOf(broken, repair([SECOND], file))).toEqual([]);
  expect(await rulesOf(damage(gone(file.path)), repair([SECOND], file))).toEqual([]);
});

it('given a damaged item, when a mend puts back an earlier version, or none, then it is found', async () => {
  const file = lastFile(SECOND);
  const earlier = forger.history.flatMap(({ files }) => files).find(({ path }) => path === file.path);
  const broken = damage({ ...file, text: 'broken' });
  expect(earlier?.text).not.toBe(file.text);
  expect(await rulesOf(broken, repair([SECOND], { ...file, text: earlier?.text }))).toEqual(['repair']);
  expect(await rulesOf(broken, repair([SECOND], gone(file.path)))).toEqual(['repair']);
});

it('given an item that a commit changed which breaks a rule, when a mend undoes that, then nothing is found in it', async () => {
  const file = lastFile(SECOND);
  const forged = damage({ ...file, text: String(file.text).replace(/^title: .*$/m, 'title: Forged') });
  expect(await rulesOf(forged, repair([SECOND], file))).toEqual([]);
  expect(await rulesOf(forged, repair([SECOND], gone(file.path)))).toEqual(['repair']);
  const settings = lastFile('ledger.yaml');
  const opened = damage({
    ...settings,
    text: String(settings.text).replace(/^lease_ttl_s: .*$/m, 'lease_ttl_s: 60'),
  });
  expect(await rulesOf(opened, repair(['ledger.yaml'], settings))).toEqual([]);
});

describe('given a commit that breaks a rule, and changed an item', () => {
  const places = (): [number, number] => {
    const at = forger.history.findIndex(({ message }) => message.startsWith(`claim ${SECOND}`));
    return [at, at + 1];
  };
  const forgedClaim = (): ForgedCommit[] =>
    forge(forger.history, `claim ${SECOND}`, () => ({ author: 'eve' }));
  const release = (): ForgedCommit => forger.history[places()[1]] as ForgedCommit;

  const rulesAfter = async (...more: ForgedCommit[]): Promise<Set<string>> => {
    const tip = await forger.write([...forgedClaim(), ...more]);
    const { findings } = await audit(forger.gitDir, tip);
    const rules = findings.flatMap(({ commit, rule }) => (commit === tip ? [rule] : []));
    expect((await judge(`${tip}^`, tip))?.rule).toBe(rules[0]);
    return new Set(rules);
  };

  const putBack = (): ForgedCommit => {
    const path = `active/2026-01/x02/${SECOND}.yaml`;
    return repair([SECOND], { path, text: textBefore(path) });
  };
  const textBefore = (path: string): ForgedFile['text'] =>
    forger.history
      .slice(0, places()[0])
      .flatMap(({ files }) => files)
      .findLast((one) => one.path === path)?.text;

  it('when nothing came after it, then a mend may undo it', async () => {
    expect(await rulesAfter(putBack())).toEqual(new Set());
  });

  it('when a right transition of the item built on it, then it is not undone', async () => {
    expect(release().message).toContain(`release ${SECOND}`);
    expect(await rulesAfter(release(), putBack())).toEqual(new Set(['repair']));
  });

  it('when it was acknowledged, then it is not undone', async () => {
    const commit = await forger.write(forgedClaim());
    const message = encodeAcknowledgeMessage(
      { commit, findings: [{ rule: 'author', id: SECOND }], reason: 'It is known.' },
      { op: OTHER_OP, actor: 'ada', at: AT },
    );
    const answer = { message, author: 'ada', at: SECONDS, files: [] };
    expect(await rulesAfter(answer, putBack())).toEqual(new Set(['repair']));
  });

  it('when a wrong one came after a right one, then that alone is undone', async () => {
    const [left] = release().files;
    const text = String(left?.text).replace(/^title: .*$/m, 'title: Forged');
    const again = damage({ path: left?.path ?? '', text });
    expect(await rulesAfter(release(), again, putBack())).toEqual(new Set(['repair']));
    const last = repair([SECOND], { path: left?.path ?? '', text: left?.text });
    expect(await rulesAfter(release(), again, last)).toEqual(new Set());
  });
});

it('given an item that is whole, when a mend sets it back, then it is found', async () => {
  const file = lastFile(SECOND);
  const earlier = forger.history.flatMap(({ files }) => files).find(({ path }) => path === file.path);
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
    forger.history
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

it('given a stray file, when a mend brings something else into quarantine, or over what is there, then it is found', async () => {
  const stray = { path: 'notes.txt', text: 'a note' };
  const kept = { path: 'quarantine/notes.txt', text: 'a note' };
  const other = { ...kept, text: 'another' };
  expect(await rulesOf(damage(stray), repair([stray.path], gone(stray.path), other))).toEqual(['repair']);
  expect(await rulesOf(damage(stray, other), repair([stray.path], gone(stray.path), kept))).toEqual([
    'repair',
  ]);
  expect(await rulesOf(repair([], other))).toEqual(['repair']);
});

it('given a whole item, when a mend puts it into quarantine, then it is found', async () => {
  const file = lastFile(SECOND);
  const away = { path: `quarantine/${file.path}`, text: file.text };
  expect(new Set(await rulesOf(repair([SECOND], gone(file.path), away)))).toEqual(new Set(['repair']));
});

it('given an item that never was whole, when a mend quarantines it, then nothing is found', async () => {
  const file = { path: lastFile(SECOND).path.replaceAll('0002.yaml', '0902.yaml'), text: 'broken' };
  const away = { path: `quarantine/${file.path}`, text: file.text };
  const id = SECOND.replace('0002', '0902');
  expect(await rulesOf(damage(file), repair([id], gone(file.path), away))).toEqual([]);
});

it('given an item that was damaged more than once, when it is mended, then the last whole version counts', async () => {
  const file = lastFile(SECOND);
  const once = damage({ ...file, text: 'broken' });
  const link = damage({ ...file, mode: '120000' });
  expect(await rulesOf(once, link, damage(gone(file.path)), repair([SECOND], file))).toEqual([]);
  const twice = damage(file, { ...file, path: file.path.replace('active', 'completed') });
  const other = file.path.replace('active', 'completed');
  expect(await rulesOf(once, twice, repair([SECOND], gone(other), file))).toEqual([]);
});

it('given mends and work in one push, when a mend touches what the push left whole, then it is found', async () => {
  const file = lastFile(SECOND);
  const broken = damage({ ...file, text: 'broken' });
  const again = repair([SECOND], { ...file, text: 'broken' });
  const renamed = { ...again, message: again.message.replace(OP, OTHER_OP) };
  const tip = await forger.write([...forger.history, broken, repair([SECOND], file), renamed]);
  expect(await judge(`${tip}~2`, tip)).toMatchObject({
    rule: 'repair',
    commit: tip,
    message: `${SECOND} was whole`,
  });
  const once = await forger.write([...forger.history, broken, repair([SECOND], file), repair([], file)]);
  expect(await judge(`${once}^`, once)).toMatchObject({ rule: 'op', commit: once });
});

it('given settings that cannot be read, when anything but mends is pushed, then it is refused; mends are taken', async () => {
  const path = 'ledger.yaml';
  const good = forger.history.flatMap(({ files }) => files).findLast((file) => file.path === path);
  if (good === undefined) throw new Error('there are no settings');
  const file = lastFile(SECOND);
  const broken = damage({ path, text: '[' }, { ...file, text: 'broken' });
  const item = repair([SECOND], file);
  const both = await forger.write([
    ...forger.history,
    broken,
    repair([path], good),
    { ...item, message: item.message.replace(OP, OTHER_OP) },
  ]);
  expect(await judge(`${both}~2`, both)).toBeUndefined();
  const comment = forger.commitOf(`comment ${SECOND}`);
  const other = await forger.write([...forger.history, broken, comment]);
  expect(await judge(`${other}^`, other)).toMatchObject({ rule: 'configure', commit: other });
});
