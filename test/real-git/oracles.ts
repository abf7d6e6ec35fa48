import { readdirSync, readFileSync } from 'node:fs';
import { openLedger } from '../../src/index.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { type Asked, SLACK_MS, type Word } from './words.ts';

/** What was asked in one call, and what its caller was told; nothing, where it was killed before. */
export interface Call {
  by: string;
  asked: Asked[];
  said: Extract<Word, { kind: 'told' | 'failed' }> | undefined;
}

/** Calls that took longer than they may, without the time in which the machine did not let their process run. */
export const late = (calls: readonly Call[], patience_s: number): string[] =>
  calls.flatMap(({ by, asked, said }) =>
    said !== undefined && said.ms - said.starved_ms > patience_s * 1000 + SLACK_MS
      ? [
          `late: ${asked.map(({ verb }) => verb).join(', ')} of ${by} took ${said.ms} ms, ${said.starved_ms} of them not let run: ${said.kind === 'failed' ? said.code : 'told'}\n  ${said.steps.join('\n  ')}`,
        ]
      : [],
  );

/** Of how many the clock on the wall says so. */
export const lateByWall = (calls: readonly Call[], patience_s: number): number =>
  calls.filter(({ said }) => said !== undefined && said.ms > patience_s * 1000 + SLACK_MS).length;

/** What stands in the clones, once all of them were synchronised. */
export interface Found {
  bare: string;
  dirs: readonly string[];
}

/** Holds what callers were told against what plain git reads at the remote. */
export async function judge(calls: readonly Call[], { bare, dirs }: Found): Promise<string[]> {
  const history = await plainHistory(bare);
  const shared = new Set(history.map(({ op }) => op));
  const kept = new Set<string>();
  const found = unsound(history);
  const tip = await runGit(bare, ['rev-parse', 'refs/heads/work-ledger']);
  for (const dir of dirs) {
    const ledger = await openLedger({ dir, actor: 'judge' });
    for (const { op } of await ledger.clone.rejected()) kept.add(op);
    await ledger.close();
    const local = await runGit(dir, ['rev-parse', 'refs/heads/work-ledger']);
    if (local !== tip) found.push(`not in step: ${dir}`);
  }
  const must = (op: string, call: Call, told: string): void => {
    if (!shared.has(op)) found.push(`${told} and not there: ${nameOf(op, call)}`);
  };
  const mustNot = (op: string, call: Call, told: string): void => {
    if (shared.has(op)) found.push(`${told} and there: ${nameOf(op, call)}`);
  };
  const mustKeep = (op: string, call: Call, told: string): void => {
    if (!shared.has(op) && !kept.has(op)) found.push(`${told} and nowhere: ${nameOf(op, call)}`);
  };
  for (const call of calls) {
    const { said, asked } = call;
    if (said?.kind === 'told') {
      for (const { op, kind } of said.told) {
        if (kind === 'remote') must(op, call, 'accepted');
        if (kind === 'local') mustKeep(op, call, 'saved');
        if (kind === 'lost' || kind === 'refused') mustNot(op, call, kind);
      }
    }
    if (said?.kind !== 'failed') continue;
    for (const op of said.saved) mustKeep(op, call, 'saved');
    const rest = asked.filter(({ op }) => !said.saved.includes(op));
    if (!said.unknown)
      for (const { op } of rest)
        mustNot(
          op,
          call,
          `failed (${said.code}: ${said.message.slice(0, 200)}; ${said.withdrawn} withdrawn)`,
        );
  }
  await fsck(bare);
  const ledger = await openLedger({ dir: dirs[0] ?? '', actor: 'judge' });
  const { findings } = await ledger.audit.verify();
  await ledger.close();
  return [...found, ...findings.map(({ rule, message, commit }) => `verify: ${rule} ${commit}: ${message}`)];
}

const nameOf = (op: string, { by, asked }: Call): string =>
  `${asked.find((one) => one.op === op)?.verb} ${op} of ${by}`;

/** Processes that have a word in their environment, but for `but`. */
export function running(word: string, but?: number): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === but) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(word)) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200)}`];
    } catch {
      // Another user's, or it has ended.
      return [];
    }
  });
}
