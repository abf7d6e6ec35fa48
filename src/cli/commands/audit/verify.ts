import { resolve } from 'node:path';
import { LedgerError, type SignatureReport, type Verification, type VerifyCall } from '../../../index.ts';
import { pickFormat, refuse } from '../../../operations/typed.ts';
import { command, flag, type OptionTable, type OptionValues, text } from '../../command.ts';
import { FINDINGS_FORMAT, FINDINGS_FORMATS } from '../../formats/findings.ts';
import { readInputFile } from '../../input.ts';
import { columns, grouped, type Line, SHORT_COMMIT, type Span, styled } from '../../render/line.ts';

const verifyOptions = {
  full: flag('--full', 'replay everything, whatever this clone checked before'),
  signatures: flag('--signatures', 'check signatures: of the range, and without one of every commit'),
  require_signatures: flag('--require-signatures', 'also find what is not signed with a known key'),
  allowed_signers: text(
    '--allowed-signers <file>',
    'whose SSH keys are whose (default: policy/allowed_signers of the ledger, else git config gpg.ssh.allowedSignersFile)',
  ),
  format: FINDINGS_FORMAT,
} satisfies OptionTable;

export const verifyCommand = command({
  summary: 'check every commit of the ledger against its rules',
  details:
    'Replays what came since this clone last found nothing wrong; all of it the first time, with --full, and where history was rewritten. With a range, A..B or A.., it begins with the ledger as A left it, which is trusted; A and B are commits, branches or refs. Exits with 9 where something is found that nobody acknowledged (`wl acknowledge`).',
  args: [{ name: '[range]', help: 'A..B, A.. or ..B' }],
  options: verifyOptions,
  examples: ['wl verify --full', 'wl verify origin/work-ledger..review/0001 --format github'],
  run: async ({ args: [range], options, cli }) => {
    const format = pickFormat(FINDINGS_FORMATS, options.format ?? 'text');
    if (range !== undefined && options.full) {
      throw refuse('--full replays everything; a range does not.');
    }
    const signatures = await signaturesAsked(options);
    const ledger = await cli.open();
    const verification = await cli.busy('verifying', (say) =>
      ledger.audit.verify({
        range,
        signatures,
        since_last: !options.full,
        onProgress: ({ commits }) => say(`verifying: ${grouped(commits)} commits`),
      }),
    );
    const { ok, findings, acknowledged } = verification;
    return {
      kind: 'verification',
      data: verification,
      lines: format.render({
        by: 'wl verify',
        verdict: ok ? verdictOf(verification) : undefined,
        findings,
        acknowledged,
        more: signatureLines(verification.signatures),
      }),
      ids: [...new Set(findings.map(({ commit }) => commit))],
      failures: ok ? [] : [refusal(verification)],
    };
  },
});

async function signaturesAsked({
  signatures,
  require_signatures: required,
  allowed_signers,
}: OptionValues<typeof verifyOptions>): Promise<VerifyCall['signatures']> {
  if (!signatures && !required && allowed_signers === undefined) return undefined;
  if (allowed_signers === undefined) return { required };
  // Git takes a file that is not there for one that names nobody.
  await readInputFile(allowed_signers);
  return { required, allowed_signers: resolve(allowed_signers) };
}

/** Who is known to have done what, and of whom it is only said. */
function signatureLines(report: SignatureReport | undefined): Line[] {
  if (report === undefined) return [];
  const rows = (kind: string, counts: Record<string, number>, by = ''): Span[][] =>
    Object.entries(counts).map(([actor, commits]) => [kind, styled('bold', actor), grouped(commits), by]);
  return columns([
    ...rows('authenticated', report.authenticated),
    ...Object.entries(report.vouched).flatMap(([signer, counts]) => rows('vouched', counts, `by ${signer}`)),
    ...rows('asserted', report.asserted),
  ]);
}

function verdictOf({ from, tip, commits, items }: Verification): string {
  const since = from === null ? '' : ` since ${from.slice(0, SHORT_COMMIT)}`;
  return `${commits} ${commits === 1 ? 'commit' : 'commits'}${since} and ${items} items, up to ${tip}`;
}

function refusal({ findings, commits, signatures }: Verification): LedgerError {
  const found = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
  // Signatures were looked at in more commits than were replayed.
  const among = signatures === undefined ? ` in ${commits} ${commits === 1 ? 'commit' : 'commits'}` : '';
  return new LedgerError('VERIFICATION_FAILED', `${found}${among}.`, {
    hint: 'git show COMMIT tells who made it and what it changed; wl acknowledge COMMIT answers for it.',
    details: { findings: findings.length, commits },
  });
}
