import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyLedger } from '../../src/audit/verify.ts';
import { type AcknowledgedFinding, encodeAcknowledgeMessage } from '../../src/codec/message.ts';
import { judgePush } from '../../src/githooks/judge.ts';
import { NativeStore } from '../../src/store/native.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { type ForgedCommit, forge } from './forge.ts';
import { Forger } from './forger.ts';
import { FIRST, SECOND } from './honest.ts';
import { audit, BRANCH } from './ledgers.ts';

const AT = '2026-01-03T11:01:00.000Z';
const SECONDS = Date.parse(AT) / 1000;
const OPS = ['019b8373-b840-7c66-8f1d-6a0b9c2d3e44', '019b8373-b840-7c66-8f1d-6a0b9c2d3e45'];

const forger = new Forger();

/** A comment whose author is another: it breaks the rule `author`, of the item. */
const wrong = (): ForgedCommit[] => forge(forger.history, `comment ${SECOND}`, () => ({ author: 'eve' }));

function acknowledge(
  commit: string,
  findings: readonly AcknowledgedFinding[],
  tamper: (message: string) => string = (message) => message,
  nth = 0,
): ForgedCommit {
  const request = { op: OPS[nth] ?? '', actor: 'ada', at: AT };
  const message = encodeAcknowledgeMessage({ commit, findings, reason: 'It is known.' }, request);
  return { message: tamper(message), author: 'ada', at: SECONDS, files: [] };
}

const AUTHOR = { rule: 'author', id: SECOND };

/** Rules that the last of these commits breaks, and what is open before it; pushed onto the one before, it is judged alike. */
async function verdictOn(...more: ForgedCommit[]) {
  const tip = await forger.write([...wrong(), ...more]);
  const { findings, acknowledged } = await audit(forger.gitDir, tip);
  const own = findings.flatMap(({ commit, rule }) => (commit === tip ? [rule] : []));
  const old = await runGit(forger.gitDir, ['rev-parse', `${tip}^`]);
  const refused = await judgePush(forger.gitDir, [{ ref: BRANCH, old, now: tip }], SECONDS);
  expect(refused?.rule).toBe(own[0]);
  const open = findings.flatMap(({ commit, rule }) => (commit === tip ? [] : [rule]));
  return { own, open, acknowledged: acknowledged.map(({ rule }) => rule) };
}

const broken = async (): Promise<string> => forger.write(wrong());

describe('given a commit that breaks a rule', () => {
  it('when it is acknowledged, then it is found apart, and no more', async () => {
    const verdict = await verdictOn(acknowledge(await broken(), [AUTHOR]));
    expect(verdict).toEqual({ own: [], open: [], acknowledged: ['author'] });
  });

  it('when it is acknowledged twice, then that is as once', async () => {
    const commit = await broken();
    const twice = [acknowledge(commit, [AUTHOR]), acknowledge(commit, [AUTHOR], undefined, 1)];
    expect(await verdictOn(...twice)).toEqual({ own: [], open: [], acknowledged: ['author'] });
  });

  it.each<[string, AcknowledgedFinding]>([
    ['another rule', { rule: 'content', id: SECOND }],
    ['another item', { rule: 'author', id: FIRST }],
    ['no item', { rule: 'author', id: undefined }],
  ])('when %s is acknowledged there, then both are found', async (_what, finding) => {
    const verdict = await verdictOn(acknowledge(await broken(), [finding]));
    expect(verdict).toEqual({ own: ['acknowledge'], open: ['author'], acknowledged: [] });
  });

  it.each<[string, (message: string) => string]>([
    ['says something else than its trailers', (message) => message.replace('author', 'clock')],
    ['gives no reason', (message) => message.replace(/^Work-Reason: .*\n/m, '')],
    ['names no commit', (message) => message.replace(/^Work-Commit: .*$/m, 'Work-Commit: HEAD')],
    ['names no rule', (message) => message.replace(/^Work-Findings: .*$/m, 'Work-Findings: 1')],
  ])('when what acknowledges it %s, then it acknowledges nothing', async (_what, tamper) => {
    const verdict = await verdictOn(acknowledge(await broken(), [AUTHOR], tamper));
    expect(verdict).toEqual({ own: ['message'], open: ['author'], acknowledged: [] });
  });

  it('when what acknowledges it changes a file, then it acknowledges nothing', async () => {
    const [file] = forger.commitOf(`comment ${SECOND}`).files;
    const more = {
      ...acknowledge(await broken(), [AUTHOR]),
      files: file === undefined ? [] : [{ ...file, text: 'x' }],
    };
    const verdict = await verdictOn(more);
    expect(verdict.own).toContain('acknowledge');
    expect(verdict).toMatchObject({ open: ['author'], acknowledged: [] });
  });

  it('when an acknowledgement was wrong, then a later one can answer for that', async () => {
    const first = acknowledge(await broken(), [{ rule: 'content', id: SECOND }]);
    const wrongOne = await forger.write([...wrong(), first]);
    const second = acknowledge(wrongOne, [{ rule: 'acknowledge', id: undefined }], undefined, 1);
    expect(await verdictOn(first, second)).toEqual({
      own: [],
      open: ['author'],
      acknowledged: ['acknowledge'],
    });
  });
});

it('given commits that do not exist or do not lead there, when they are acknowledged, then that is found', async () => {
  const elsewhere = await forger.write(forge(forger.history, `comment ${SECOND}`, () => ({ author: 'bob' })));
  for (const commit of ['1'.repeat(40), elsewhere])
    expect(await verdictOn(acknowledge(commit, [AUTHOR]))).toEqual({
      own: ['acknowledge'],
      open: ['author'],
      acknowledged: [],
    });
});

it('given a commit that was verified, when something is acknowledged there that was not found, then that is found as from the root', async () => {
  const from = await forger.write(forger.history);
  const tip = await forger.write([...forger.history, acknowledge(from, [AUTHOR])]);
  const store = new NativeStore(forger.gitDir);
  onTestFinished(() => store.close());
  const { findings } = await verifyLedger(store, tip);
  expect(findings).toMatchObject([{ commit: tip, rule: 'acknowledge' }]);
  expect(await verifyLedger(store, tip, { from, resumes: [] })).toMatchObject({ findings });
  // Of what is trusted it is not known whether it was right.
  expect(await verifyLedger(store, tip, { from })).toMatchObject({ findings: [] });
});
