import { readFile, writeFile } from 'node:fs/promises';
import { isLedgerError, LedgerError, type WorkLedger } from '../../../index.ts';
import { refuse } from '../../../operations/typed.ts';
import type { ContestedItem, OpenMerge, Replayed, SideStep } from '../../../repair.ts';
import { command, flag, type Reply } from '../../command.ts';
import { type Line, SHORT_COMMIT, styled } from '../../render/line.ts';

export const mergeDriverCommand = command({
  summary: 'merge one file of the ledger; git calls it',
  details:
    '`wl init` sets it up. It is clean only where one side has all that the other did: a merge makes no transitions. Anything else is left with both versions, whole, and exit status 1.',
  args: [
    { name: '<base>', help: 'the file where the two lines part' },
    { name: '<ours>', help: 'ours; the result is written here' },
    { name: '<theirs>', help: 'theirs' },
    { name: '<path>', help: 'where it stands in the ledger' },
  ],
  examples: [
    'wl merge-driver %O %A %B %P',
    'git config merge.work-ledger.driver "wl merge-driver %O %A %B %P"',
  ],
  run: async ({ args, cli }) => {
    const [base = '', ours = '', theirs = '', path = ''] = args;
    const { mergeFile } = await import('../../../repair.ts');
    const merged = mergeFile({
      path,
      base: await readFile(base),
      ours: await readFile(ours),
      theirs: await readFile(theirs),
    });
    await writeFile(ours, merged.bytes);
    if (merged.kind === 'clean') return { kind: 'merge', data: undefined, lines: [] };
    cli.notice(merged.message);
    cli.notice(`hint: ${merged.hint}`);
    return { kind: 'merge', data: undefined, lines: [], status: 1 };
  },
});

export const resolveCommand = command({
  summary: 'show what two merged lines did to the same items, and decide it',
  details:
    'For a work tree of the ledger in which git merge stopped. --replay makes one line of the two, of which nothing is lost without a word. With a commit or a branch it needs no merge: it takes the transitions of that line which the ledger has not; with A..B, those that B has and A has not. With --ours or --theirs the merge stays one, to be committed by git; what the other side did to the item has no effect then, and wl verify tells.',
  args: [
    {
      name: '[ids...]',
      help: 'the items that are meant, all that git waits for where none are given; or the line to replay',
    },
  ],
  options: {
    ours: flag('--ours', 'take the items as they are here'),
    theirs: flag('--theirs', 'take the items as the other side has them'),
    replay: flag(
      '--replay',
      'end the merge, and put what theirs did on top of ours, as transitions; with a commit or a range A..B, what that line did',
    ),
  },
  examples: ['wl resolve --replay', 'wl resolve --replay theirs'],
  run: async ({ args, options, cli }) => {
    const { ours, theirs, replay } = options;
    if ([ours, theirs, replay].filter(Boolean).length > 1)
      throw refuse('Only one of --ours, --theirs and --replay can be meant.');
    const ledger = await cli.open();
    const repair = await import('../../../repair.ts');
    const dir = cli.openOptions.dir ?? '.';
    const [line, ...more] = args;
    if (replay && more.length > 0) throw refuse('--replay takes one commit or one range, and no items.');
    if (replay && line !== undefined)
      return replayed(ledger, await repair.replayLine(ledger, line, dir), `of ${line}`);
    const merge = await repair.findMerge(ledger, dir);
    if (replay) return replayed(ledger, await repair.replayInstead(ledger, merge), 'of theirs');
    const ids = await Promise.all(args.map((typed) => contestedId(ledger, merge, typed)));
    if (!ours && !theirs) return show(merge, ids);
    const side = ours ? 'ours' : 'theirs';
    const resolved = await repair.takeSide(merge, side, ids);
    return {
      kind: 'resolved',
      data: { side, items: resolved },
      lines: [
        `took ${resolved.length === 0 ? 'nothing' : resolved.join(', ')} from ${side}; then: git commit --no-edit`,
      ],
      ids: resolved,
    };
  },
});

/** An item that only theirs has is not known here, so it is named in full. */
async function contestedId(ledger: WorkLedger, { items }: OpenMerge, typed: string): Promise<string> {
  if (items.some(({ id }) => id === typed)) return typed;
  try {
    return await ledger.query.resolveId(typed);
  } catch (error) {
    if (isLedgerError(error, 'NOT_FOUND')) return typed;
    throw error;
  }
}

function show({ items, others, ours, theirs, base }: OpenMerge, ids: readonly string[]): Reply {
  const shown = items.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const missing = ids.find((id) => !items.some((item) => item.id === id));
  if (missing !== undefined)
    throw new LedgerError('NOT_FOUND', `${missing} was not changed on both sides of this merge.`);
  const left = [...shown.filter(({ unmerged }) => unmerged).map(({ id }) => id), ...others];
  const lines: Line[] = [
    ...shown.flatMap(describe),
    ...others.map((path) => `${path}: in conflict, no item`),
  ];
  return {
    kind: 'merge',
    data: { base, ours, theirs, items: shown, others },
    lines: lines.length > 0 ? lines : ['no item was changed on both sides; then: git commit --no-edit'],
    ids: left,
    failures: left.length > 0 ? [undecided(left)] : [],
  };
}

function describe({ id, ours, theirs, merged }: ContestedItem): Line[] {
  const fields = merged?.fields.map(({ key, by }) => `${key} (${by})`).join(', ');
  const verdict =
    merged === undefined
      ? 'a side has no readable file of it'
      : merged.kind === 'conflict'
        ? `they cannot both stand: ${fields}`
        : `they go together: ${fields}`;
  const steps = (side: string, list: readonly SideStep[]): Line[] =>
    list.map(({ commit, verb, actor, at }) => [
      `  ${side}  ${verb} by ${actor}, ${at}, ${commit.slice(0, SHORT_COMMIT)}`,
    ]);
  return [[styled('bold', id), `: ${verdict}`], ...steps('ours  ', ours), ...steps('theirs', theirs)];
}

const undecided = (left: readonly string[]): LedgerError =>
  new LedgerError('VERIFICATION_FAILED', `Git waits for a decision on ${left.join(', ')}.`, {
    hint: 'wl resolve --replay makes one line of the two; --ours or --theirs gives one side up.',
    details: { undecided: left },
  });

function replayed(ledger: WorkLedger, data: Replayed, whose: string): Reply {
  const { applied, lost } = data;
  const share = applied.length > 0 && ledger.clone.remote !== null ? '; share it with: wl sync' : '';
  return {
    kind: 'replayed',
    data,
    lines: [
      `${applied.length === 1 ? `1 transition ${whose} stands` : `${applied.length} transitions ${whose} stand`} on ours now${share}`,
      ...applied.map(({ verb, id }) => `  ${verb} ${id ?? 'ledger.yaml'}`),
      ...lost.map(({ message }) => `  lost: ${message}`),
      ...(lost.length > 0 ? ['wl rejected lists what was lost; nothing of it is gone'] : []),
    ],
    ids: applied.flatMap(({ id }) => id ?? []),
  };
}
