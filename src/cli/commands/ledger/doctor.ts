import { LedgerError } from '../../../index.ts';
import type { CloneTrouble, Examination, LineStep, Repair, Repaired, Rewrite } from '../../../repair.ts';
import { command, flag } from '../../command.ts';
import { launcher } from '../../package.ts';
import { type Line, SHORT_COMMIT, styled } from '../../render/line.ts';

export const doctorCommand = command({
  summary: 'say what is wrong with the ledger and with this clone, and how it would be mended',
  details:
    'Comes in any state of the clone and waits for no lock. Asks the remote, unless --offline is given. --fix puts items back as they were last whole, moves what is no file of the ledger to quarantine/, and shares what waits here. Each of these mends is a commit; what it drops stays in history. Nothing is rewritten. In this clone it takes away locks of processes of this program that are dead, moves aside what is broken, fetches again what is missing, and brings back what a moved branch lost: docs/repair.md.',
  options: {
    fix: flag('--fix', 'mend it, by commits on top of what is there'),
  },
  examples: ['wl doctor', 'wl doctor --fix'],
  run: async ({ options: { fix }, cli }) => {
    const { visit } = await import('../../../repair.ts');
    const { examination, done, mended } = await cli.busy('examining', (say) =>
      visit(cli.openOptions, {
        fix,
        now: cli.clock.now().getTime(),
        program: launcher(),
        onProgress: ({ commits }) => say(`examining: ${commits} commits`),
      }),
    );
    return {
      kind: 'examination',
      data: { ...examination, mended, done },
      lines: [...done.map(doneLine), ...mended.map(repairedLine), ...describe(examination)],
      ids: examination.mends.flatMap(({ id }) => id ?? []),
      failures: failuresOf(examination),
    };
  },
});

export const recoverHistoryCommand = command({
  summary: 'bring back what a rewritten remote lost',
  details:
    'Where the remote was set back, the same commits are pushed again. Where its history was replaced, what is missing is decided again on top of what is there now. Shows both lines and does nothing without --yes, or a yes at a terminal.',
  options: {
    yes: flag('--yes', 'do it, without asking'),
  },
  examples: ['wl recover-history', 'wl recover-history --yes'],
  run: async ({ options: { yes }, cli }) => {
    const ledger = await cli.open();
    const { findRewrite, recoverHistory } = await import('../../../repair.ts');
    const rewrite = await cli.busy('asking the remote', () => findRewrite(ledger));
    if (rewrite === undefined)
      return {
        kind: 'recovery',
        data: { rewrite: null },
        lines: ['nothing to recover: the remote has all that this clone saw'],
        ids: [],
      };
    const shown = rewriteLines(rewrite);
    const wanted = yes || (await cli.confirm('Bring back what is missing?', shown)) === true;
    if (!wanted) {
      const message = `A person has to decide which line of ${rewrite.remote} is right.`;
      const undecided = rewritten(rewrite, message, 'wl recover-history --yes');
      return { kind: 'recovery', data: { rewrite }, lines: shown, ids: [], failures: [undecided] };
    }
    const done = await cli.busy('bringing it back', () => recoverHistory(ledger, rewrite));
    return {
      kind: 'recovery',
      data: { rewrite, ...done },
      lines: [
        ...shown,
        `${done.recovered} transitions are on ${rewrite.remote} again; this clone's line as it was is kept at ${done.kept}`,
        ...done.lost.map(({ message }) => `  lost: ${message}`),
        ...(done.lost.length > 0 ? ['wl rejected lists what was lost; nothing of it is gone'] : []),
      ],
      ids: [],
      where: 'remote',
    };
  },
});

const doneLine = (done: string): Line => [styled('green', 'mended here'), `: ${done}`];

const repairedLine = ({ commit, path, how }: Repaired): Line => [
  styled('green', 'mended'),
  ` ${path}: ${how} (${commit.slice(0, SHORT_COMMIT)})`,
];

function describe({
  mends,
  rewrite,
  clone,
  skipped,
  rejected,
  past,
  commits,
  items,
  tip,
}: Examination): Line[] {
  const notes: Line[] = [...skipped];
  if (rejected > 0) notes.push(`${rejected} transitions lost their race and are kept: wl rejected`);
  if (past.length > 0)
    notes.push(`history has ${past.length} findings, which stay, also where they are mended: wl verify`);
  const troubles = [
    ...(rewrite === undefined ? [] : rewriteLines(rewrite)),
    ...mends.map(repairLine),
    ...clone.map(cloneLine),
  ];
  if (troubles.length > 0) return [...troubles, ...notes];
  return [
    [styled('green', 'ok'), `: ${commits} commits and ${items} items, up to ${tip ?? 'nothing'}`],
    ...notes,
  ];
}

const repairLine = ({ path, wrong, how }: Repair): Line => [
  styled('red', path),
  `: ${wrong}; would be ${how}`,
];
const cloneLine = ({ wrong, how }: CloneTrouble): Line => [styled('yellow', 'here'), `: ${wrong}; ${how}`];

function failuresOf({ mends, rewrite, clone }: Examination): LedgerError[] {
  if (rewrite !== undefined)
    return [rewritten(rewrite, `${rewrite.remote} no longer has what this clone saw.`, 'wl recover-history')];
  const found = mends.length + clone.length;
  if (found === 0) return [];
  const fixable = mends.length > 0 || clone.some(({ fixed }) => fixed);
  return [
    new LedgerError('VERIFICATION_FAILED', `${found} ${found === 1 ? 'thing is' : 'things are'} wrong.`, {
      ...(fixable && { hint: 'wl doctor --fix mends it.' }),
      details: { mends: mends.length, clone: clone.length },
    }),
  ];
}

const rewritten = ({ remote, seen, found }: Rewrite, message: string, call: string): LedgerError =>
  new LedgerError('HISTORY_REWRITTEN', message, {
    hint: `Ask who rewrote it. ${call} brings back what is missing.`,
    details: { remote, seen, found: found ?? null },
  });

/** A line of history is shown from its newest end. */
const SHOWN = 20;

/** Both lines of a shared branch that was rewritten. */
function rewriteLines({ remote, seen, found, set_back, missing, instead }: Rewrite): Line[] {
  const now = found === undefined ? 'has no ledger now' : `is at ${found.slice(0, SHORT_COMMIT)} now`;
  const how = found === undefined ? 'removed' : set_back ? 'set back' : 'replaced';
  return [
    `${remote} was ${how}: this clone saw ${seen.slice(0, SHORT_COMMIT)}, and ${remote} ${now}`,
    ...part(`missing on ${remote}`, missing),
    ...part(`on ${remote} instead`, instead),
  ];
}

function part(title: string, steps: readonly LineStep[]): Line[] {
  if (steps.length === 0) return [];
  const shown = steps.slice(-SHOWN);
  const more = steps.length - shown.length;
  return [
    `${title}: ${steps.length}`,
    ...(more > 0 ? [`  and ${more} before`] : []),
    ...shown.map(
      ({ commit, verb, id, actor, at }) =>
        `  ${commit.slice(0, SHORT_COMMIT)}  ${verb}${id === undefined ? '' : ` ${id}`} by ${actor}, ${at}`,
    ),
  ];
}
