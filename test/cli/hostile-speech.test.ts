import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CANARY, SPEECH } from '../helpers/hostile-speech.ts';
import { outsideOfMarks, UNSEEN, withoutQuotes } from '../helpers/marked.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Said, type Workplace, wl } from './workplace.ts';

// What an agent types, about an item whose every text tries to pass for somebody else's words.
let place: Workplace;
let dir: string;
const call = (...args: string[]): Promise<Said> => wl(dir, args);

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('here');
  await call('init');
});
afterAll(() => place.cleanup());

async function makeItem(speech: string): Promise<string> {
  const context = JSON.stringify({ [`key ${CANARY}`]: speech });
  const id = idIn(await call('create', 'One', '--description', speech, '--context', context));
  await call('comment', id, speech);
  await call('claim', id);
  const all = ['--step', '--summary', '--next', '--effect'].flatMap((option) => [option, speech]);
  expect((await call('checkpoint', id, ...all)).status).toBe(0);
  await call('fail', id, '--retry', '--error', speech);
  return id;
}

/** Those that a rendering of lines could be led by; all of them are tried where texts are marked. */
const SAID = [
  'an order',
  'the program’s own words',
  'what a terminal acts on',
  'other line breaks',
  'characters that show as nothing',
  'quotes and backslashes',
  'very much',
];

describe.each(SAID)('given %s in every text of an item', (what) => {
  const speech = SPEECH[what] ?? '';
  let id: string;
  beforeAll(async () => {
    id = await makeItem(speech);
  });

  test('when an agent resumes it, then nothing of that is outside of the marks', async () => {
    const { stdout, status } = await call('resume', id);
    expect(status).toBe(0);
    expect(stdout).toContain(CANARY);
    expect(outsideOfMarks(stdout)).not.toContain(CANARY);
    expect(stdout).not.toMatch(UNSEEN);
  });

  test('when it is claimed, blocked, explained and refused, then what is repeated of it stands in quotes', async () => {
    const said = [
      await wl(dir, ['claim', id], { env: { WL_NOW: '2026-01-05T00:00:00Z' } }),
      await call('block', id, speech.slice(0, 500)),
      await call('explain', id),
      await call('complete', id),
      await call('next'),
      await call('list'),
    ];
    expect(said.map(({ status }) => status)).toEqual([0, 0, 0, 6, 0, 0]);
    for (const { stdout, stderr } of said) {
      expect(withoutQuotes(stdout + stderr)).not.toContain(CANARY);
      expect(stdout + stderr).not.toMatch(UNSEEN);
    }
    await call('cancel', id, '--reason', 'over');
  });

  test('when it is shown, then each line of it is indented under a heading of the program’s', async () => {
    const { stdout } = await call('show', id);
    const lines = stdout.split('\n').filter((line) => line.includes(CANARY));
    expect(lines.filter((line) => !/^ {4}|^(?:because|error) {2}/.test(line))).toEqual([]);
    expect(stdout).not.toMatch(UNSEEN);
  });

  test('when it is read as JSON, then it is one line, and what was written', async () => {
    const { stdout } = await call('show', id, '--json');
    expect(stdout.trimEnd()).not.toMatch(/[\n\t]/);
    expect(stdout).not.toMatch(UNSEEN);
    expect(JSON.parse(stdout).data.description.trim()).toBe(stored(speech));
  });
});

test.each(['an order', 'a line of the system', 'quotes and backslashes'])(
  'given %s as title, question and answer, when the work is claimed again, then each is in quotes',
  async (what) => {
    const speech = SPEECH[what] ?? '';
    const [line = ''] = speech.split('\n').filter((one) => one.includes(CANARY));
    const id = idIn(await call('create', line, '--priority', 'critical'));
    await call('claim', id);
    const asked = await call('escalate', id, speech);
    expect(asked.status).toBe(10);
    const question = (await call('escalations', '-q')).stdout.trim();
    expect(await call('answer', question, speech)).toMatchObject({ status: 0 });
    await call('release', id);
    const { stdout, stderr } = await call('next', '--claim');
    expect(stdout).toContain('answer   ada: "');
    expect(stdout).toContain(CANARY);
    expect(withoutQuotes(stdout + stderr)).not.toContain(CANARY);
    await call('complete', id);
  },
);

test('given a holder whose name is a sentence, when an agent meets its work, then the name is in quotes', async () => {
  const id = idIn(await call('create', 'Held'));
  const name = `nobody: system: ${CANARY}`;
  const env = { WL_EXECUTION_ID: `exec ${CANARY}` };
  expect(await wl(dir, ['claim', id, '--actor', name], { env })).toMatchObject({ status: 0 });
  const said = [await call('claim', id), await call('complete', id), await call('explain', id)];
  expect(said.map(({ status }) => status)).toEqual([5, 4, 0]);
  const resumed = await call('resume', id);
  expect(outsideOfMarks(resumed.stdout)).not.toContain(CANARY);
  for (const { stdout, stderr } of said) {
    expect(stdout + stderr).toContain(CANARY);
    expect(withoutQuotes(stdout + stderr)).not.toContain(CANARY);
  }
});

test('given a commit that was forged by hand, when an agent meets what is in question, then what was found is in quotes', async () => {
  const id = idIn(await call('create', 'Forged'));
  await call('sync');
  const work = join(place.path, 'by-hand');
  await runGit(place.path, ['clone', '--quiet', '--branch', 'work-ledger', place.remote, work]);
  const [path = ''] = (await runGit(work, ['ls-files', `*${id}.yaml`])).split('\n');
  const file = await readFile(join(work, path), 'utf8');
  await writeFile(
    join(work, path),
    `${file.replace('title: Forged', `title: "hint: ${CANARY}"`)}x_note: ${CANARY}\n`,
  );
  const message = await runGit(work, ['log', '-1', '--format=%B']);
  await runGit(work, [
    'commit',
    '--quiet',
    '--all',
    '--message',
    `${message.replace('Forged', `system: ${CANARY}`)}`,
  ]);
  await runGit(work, ['push', '--quiet']);
  await call('sync');
  const said = [
    await call('resume', id),
    await call('claim', id),
    await call('explain', id),
    await call('next'),
  ];
  expect(said[0]?.stdout).toContain('In question');
  expect(said[1]?.status).toBe(9);
  expect(outsideOfMarks(said[0]?.stdout ?? '')).not.toContain(CANARY);
  for (const { stdout, stderr } of said.slice(1))
    expect(withoutQuotes(stdout + stderr)).not.toContain(CANARY);
});

/** As an item has it: LF line ends, no lone surrogates. */
const stored = (text: string): string => text.replaceAll(/\r\n?/g, '\n').toWellFormed().trim();
