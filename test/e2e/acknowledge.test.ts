import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installHooks } from '../../src/githooks/install.ts';
import type { WorkLedger } from '../../src/index.ts';
import { repairTree } from '../../src/repair.ts';
import { wl } from '../cli/workplace.ts';
import { editByHand, pathOf, rewriting } from '../helpers/by-hand.ts';
import { createItems } from '../helpers/items.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

const NOW = { env: { WL_NOW: '' } };
const PROGRAM = {
  node: process.execPath,
  main: new URL('../../src/cli/main.ts', import.meta.url).pathname,
};
const broken = rewriting((text) => text.replace('title: ', 'title: "'));
const REASON = 'Edited by hand; mended since.';

interface Accident {
  repo: SharedRepo;
  ada: WorkLedger;
  bob: WorkLedger;
  id: string;
  other: string;
  /** The commit by hand. */
  commit: string;
}

/** A ledger that a person broke by a commit of their own, and that was mended. */
async function accident(): Promise<Accident> {
  const repo = await makeSharedRepo();
  const ada = await repo.init(await repo.clone('ada'));
  const [id = '', other = ''] = await createItems(ada, 2);
  const bob = await repo.open(await repo.clone('bob'));
  await editByHand(repo, (to) => broken(join(to, pathOf(id))));
  const commit = (await repo.git(repo.bare, 'rev-parse', 'work-ledger')).trim();
  expect(await repairTree(ada)).toHaveLength(1);
  await bob.clone.fetch();
  return { repo, ada, bob, id, other, commit };
}

/** What each clone finds, from where it last verified and from the root. */
async function verdicts({ ada, bob }: Accident) {
  const found = [];
  for (const ledger of [ada, bob]) {
    await ledger.clone.fetch();
    for (const since_last of [true, false]) found.push(await ledger.audit.verify({ since_last }));
  }
  return found;
}

describe('given an accident by hand that the doctor mended', () => {
  test('when it is acknowledged, then every clone verifies clean, and tells it apart, with who and why', async () => {
    const it = await accident();
    for (const { ok } of await verdicts(it)) expect(ok).toBe(false);
    const { findings } = await it.ada.audit.verify();
    const done = await it.ada.audit.acknowledge(it.commit, { reason: REASON });
    expect(done.findings).toEqual(findings);
    for (const { ok, findings: open, acknowledged } of await verdicts(it)) {
      expect({ ok, open }).toEqual({ ok: true, open: [] });
      expect(acknowledged).toEqual(
        findings.map((finding) => ({
          ...finding,
          by: { commit: done.commit, actor: 'ada', at: expect.any(String), reason: REASON },
        })),
      );
    }
  });

  test('when something else is wrong later, then that is found, and in the same clones what is acknowledged stays so', async () => {
    const it = await accident();
    await it.ada.audit.acknowledge(it.commit, { reason: REASON });
    for (const { ok } of await verdicts(it)) expect(ok).toBe(true);
    await editByHand(it.repo, (to) => broken(join(to, pathOf(it.other))));
    const second = (await it.repo.git(it.repo.bare, 'rev-parse', 'work-ledger')).trim();
    for (const { ok, findings, acknowledged } of await verdicts(it)) {
      expect(ok).toBe(false);
      expect(new Set(findings.map(({ commit }) => commit))).toEqual(new Set([second]));
      expect(new Set(acknowledged.map(({ commit }) => commit))).toEqual(new Set([it.commit]));
    }
  });

  test('when one of its rules is acknowledged, then what the others find there stays', async () => {
    const it = await accident();
    const { findings } = await it.ada.audit.verify();
    const [first, ...others] = [...new Set(findings.map(({ rule }) => rule))];
    expect(others.length).toBeGreaterThan(0);
    await it.bob.audit.acknowledge(it.commit, { rules: [first ?? ''], reason: REASON });
    for (const verdict of await verdicts(it)) {
      expect([...new Set(verdict.findings.map(({ rule }) => rule))]).toEqual(others);
      expect([...new Set(verdict.acknowledged.map(({ rule }) => rule))]).toEqual([first]);
    }
    await it.ada.audit.acknowledge(it.commit, { reason: REASON });
    for (const { ok } of await verdicts(it)) expect(ok).toBe(true);
  });

  test('when two clones acknowledge it at once, then it is acknowledged, and both are told so', async () => {
    const it = await accident();
    const told = await Promise.all(
      [it.ada, it.bob].map((ledger) => ledger.audit.acknowledge(it.commit, { reason: REASON })),
    );
    expect(told.every(({ findings }) => findings.length > 0)).toBe(true);
    for (const { ok } of await verdicts(it)) expect(ok).toBe(true);
    expect(await it.bob.audit.acknowledge(it.commit, { reason: REASON })).toMatchObject({ commit: null });
  });

  test('when policy leaves it to others, then it is refused, and nothing changes', async () => {
    const it = await accident();
    await it.ada.admin.configure({
      roles: { auditors: { members: ['eve'] } },
      allow: [{ verbs: ['acknowledge'], roles: ['auditors'] }],
    });
    const refused = await refusalOf(it.bob.audit.acknowledge(it.commit, { reason: REASON }));
    expect(refused).toMatchObject({ code: 'POLICY_DENIED', details: { verb: 'acknowledge', actor: 'bob' } });
    expect((await verdicts(it)).every(({ ok }) => !ok)).toBe(true);
    await it.bob.audit.acknowledge(it.commit, { reason: REASON, actor: 'eve' });
    for (const { ok } of await verdicts(it)) expect(ok).toBe(true);
  });

  test('when the server has the hook, then it takes an acknowledgement of what is there, and none of what is not', async () => {
    const it = await accident();
    await installHooks({ side: 'server', dir: it.repo.bare, program: PROGRAM });
    await it.bob.audit.acknowledge(it.commit, { reason: REASON });
    for (const { ok } of await verdicts(it)) expect(ok).toBe(true);
    const dir = join(it.repo.folder, 'by-hand');
    await it.repo.git(it.repo.folder, 'clone', '-q', '--branch', 'work-ledger', it.repo.bare, dir);
    const message = (await it.repo.git(dir, 'log', '-1', '--format=%B')).trim();
    const head = (await it.repo.git(dir, 'rev-parse', 'HEAD')).trim();
    const forged = message
      .replace(/^Work-Op: .*$/m, 'Work-Op: 019b8373-b840-7c66-8f1d-6a0b9c2d3e44')
      .replaceAll(it.commit, head)
      .replaceAll(it.commit.slice(0, 12), head.slice(0, 12));
    await writeFile(join(dir, '.git', 'MESSAGE'), `${forged}\n`);
    const at = /^Work-At: (.*)$/m.exec(message)?.[1] ?? '';
    const by = [
      '--author',
      'bob <bob@example.invalid>',
      '--date',
      `${Math.floor(Date.parse(at) / 1000)} +0000`,
    ];
    await it.repo.git(dir, 'commit', '-q', '--allow-empty', ...by, '-F', '.git/MESSAGE');
    await expect(it.repo.git(dir, 'push', '-q', 'origin', 'work-ledger')).rejects.toThrow(
      /work-ledger: acknowledge \(/,
    );
  });

  test('when wl acknowledges it, then verify exits with 0, and tells it in each format, as report and log do', async () => {
    const it = await accident();
    const dir = join(it.repo.folder, 'bob');
    expect(await wl(dir, ['verify'], NOW)).toMatchObject({ status: 9 });
    expect(await wl(dir, ['acknowledge', it.commit.slice(0, 8)], NOW)).toMatchObject({ status: 2 });
    const done = await wl(dir, ['acknowledge', it.commit.slice(0, 8), '--reason', REASON], NOW);
    expect(done).toMatchObject({ status: 0 });
    expect(done.stdout).toContain(`at ${it.commit.slice(0, 8)}`);
    const text = await wl(dir, ['verify'], NOW);
    expect(text).toMatchObject({ status: 0 });
    expect(text.stdout).toMatch(/^ok: /);
    expect(text.stdout).toContain(`acknowledged by ada in `);
    const github = await wl(dir, ['verify', '--full', '--format', 'github'], NOW);
    expect(github).toMatchObject({ status: 0 });
    expect(github.stdout).toMatch(/^::notice title=wl verify/m);
    expect(github.stdout).not.toContain('::error');
    expect((await wl(dir, ['verify', '--json'], NOW)).data).toMatchObject({
      ok: true,
      acknowledged: expect.arrayContaining([
        expect.objectContaining({ commit: it.commit, by: expect.objectContaining({ reason: REASON }) }),
      ]),
    });
    expect((await wl(dir, ['report'], NOW)).stdout).toContain(REASON);
    expect((await wl(dir, ['log', '--verb', 'acknowledge', '--long'], NOW)).stdout).toContain(REASON);
    expect((await wl(dir, ['doctor'], NOW)).stdout).not.toContain('findings');
  });
});

test('given a ledger in which nothing is wrong, when something is acknowledged, then that is refused', async () => {
  const repo = await makeSharedRepo();
  const ada = await repo.init(await repo.clone('ada'));
  await createItems(ada, 1);
  const tip = (await ada.clone.status()).tip;
  const refused = await refusalOf(ada.audit.acknowledge(tip, { reason: REASON }));
  expect(refused).toMatchObject({ code: 'INVALID_INPUT' });
  expect((await ada.clone.status()).tip).toBe(tip);
});
