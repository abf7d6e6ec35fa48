import { LedgerError, type Verification } from '../../index.ts';
import type { Run } from '../command.ts';
import { columns, type Line, type Span, styled } from '../render/line.ts';

const SHORT_COMMIT = 10;

export const run: Run<Record<never, never>> = async ({ cli }) => {
  const ledger = await cli.open();
  const verification = await cli.busy('verifying', (say) =>
    ledger.verify({ onProgress: ({ commits }) => say(`verifying: ${commits} commits`) }),
  );
  const { ok, findings, commits } = verification;
  return {
    kind: 'verification',
    data: verification,
    lines: linesOf(verification),
    ids: [...new Set(findings.map(({ commit }) => commit))],
    failures: ok ? [] : [refusal(findings.length, commits)],
  };
};

function linesOf({ ok, tip, commits, items, findings }: Verification): Line[] {
  if (ok) return [[styled('green', 'ok'), `: ${commits} commits and ${items} items, up to ${tip}`]];
  return columns(
    findings.map(({ commit, rule, id, message }): Span[] => [
      styled('dim', commit.slice(0, SHORT_COMMIT)),
      styled('red', rule),
      styled('bold', id ?? '-'),
      message,
    ]),
  );
}

const refusal = (found: number, commits: number): LedgerError =>
  new LedgerError(
    'VERIFICATION_FAILED',
    `${found} ${found === 1 ? 'finding' : 'findings'} in ${commits} commits.`,
    {
      hint: 'git show COMMIT tells who made it and what it changed.',
      details: { findings: found, commits },
    },
  );
