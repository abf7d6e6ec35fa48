import {
  encodeAcknowledgeMessage,
  encodeConfigureMessage,
  encodeRepairMessage,
} from '../../../src/codec/message.ts';
import type { Chance } from '../../simulation/chance.ts';
import { copyOf, type Draft, latin, type Parent } from '../draft.ts';
import { anyDraft, anyOf, type Bent, type Mutation } from './bent.ts';

/** Puts drafts at a place of the chain: what stood there builds on the last of them. */
function putAt(bent: Bent, at: number, drafts: readonly Draft[], build: boolean): void {
  const { length } = drafts;
  const moved = (parent: Parent): Parent =>
    typeof parent === 'number' && parent >= at ? parent + length : parent;
  for (const draft of bent.drafts) draft.parents = draft.parents.map(moved);
  const next = bent.drafts[at];
  bent.drafts.splice(at, 0, ...drafts);
  if (build && next !== undefined) next.parents = [at + length - 1];
}

/** Sets all parents as in one line from the base. */
function inLine({ drafts, base }: Bent): void {
  drafts.forEach((draft, at) => {
    if (draft.parents.length <= 1) draft.parents = at === 0 ? [base] : [at - 1];
  });
}

const OPS = [
  '019b8400-0000-7a52-9d0c-0f7e4f8e2b11',
  '019b8400-0000-7a52-9d0c-0f7e4f8e2b12',
  '019b8400-0000-7a52-9d0c-0f7e4f8e2b13',
];
const AT = '2026-01-03T11:30:00.000Z';
const SECONDS = Date.parse(AT) / 1000;

function plain(bent: Bent, actor: string, message: string, files: Draft['files'] = []): Draft {
  return {
    parents: [bent.base],
    files,
    bends: [],
    headers: [
      `author ${actor} <${actor}@example.org> ${SECONDS} +0000`,
      `committer ${actor} <${actor}@example.org> ${SECONDS} +0000`,
    ],
    message: latin(message),
    signer: bent.corpus.name === 'signed' ? actor : undefined,
    twists: [],
  };
}

/** At the end of the chain: times are after those of every good commit. */
function append(bent: Bent, draft: Draft): void {
  const { length } = bent.drafts;
  bent.drafts.push({ ...draft, parents: [length === 0 ? bent.base : length - 1] });
}

const settingsOf = (bent: Bent): string => {
  const texts = [...bent.corpus.drafts.slice(0, bent.at + 1), ...bent.drafts].flatMap(({ files }) =>
    files.flatMap(({ path, text }) => (path === 'ledger.yaml' && text !== undefined ? [text] : [])),
  );
  return texts.at(-1) ?? '';
};

const MERGES = [
  'Merge branch "work-ledger"\n',
  '',
  'claim WRK-20260103-0001: pending -> in_progress\n\nSign in\n\nWork-Item: WRK-20260103-0001\nWork-Verb: claim\nWork-Status: pending -> in_progress\nWork-Rev: 2\nWork-Actor: ada\nWork-Op: 019b8361-6880-7a52-9d0c-0f7e4f8e2b11\nWork-At: 2026-01-03T11:00:00.000Z\n',
  'Merge\n\nWork-Item: x\n',
  'Merge\n\nSigned-off-by: ada <a@b>\n',
];

/** Merges the line that somebody made alone. @returns the merge, to be bent */
function mergeSide(bent: Bent, chance: Chance): Draft | undefined {
  const { side, fork, line } = bent.corpus;
  if (bent.at < fork || bent.drafts.length === 0) return undefined;
  const at = bent.drafts.length;
  const count = 1 + chance.below(side.length);
  const copies = side.slice(0, count).map(copyOf);
  copies.forEach((draft, n) => {
    draft.parents = n === 0 ? [line[fork] ?? ''] : [at + n - 1];
  });
  bent.drafts.push(...copies);
  const merge = plain(
    bent,
    'host',
    anyOf(chance, MERGES),
    copies.flatMap(({ files }) => files.map((file) => ({ ...file }))),
  );
  merge.signer = bent.corpus.name === 'signed' ? 'ada' : undefined;
  merge.parents = [at - 1, at + count - 1];
  if (chance.happens(0.2)) merge.parents.reverse();
  bent.drafts.push(merge);
  return merge;
}

/** What is bent of how commits stand to one another, and commits that come from nowhere. */
export const HISTORIES: Readonly<Record<string, Mutation>> = {
  'a commit missing': (bent, chance) => {
    if (bent.drafts.length < 2) return;
    bent.drafts.splice(chance.below(bent.drafts.length), 1);
    inLine(bent);
  },
  'a commit twice': (bent, chance) => {
    const at = chance.below(bent.drafts.length);
    const draft = bent.drafts[at];
    if (draft === undefined) return;
    bent.drafts.splice(at + 1 + chance.below(bent.drafts.length - at), 0, copyOf(draft));
    inLine(bent);
  },
  'commits in another order': (bent, chance) => {
    const at = chance.below(bent.drafts.length);
    bent.drafts.push(...bent.drafts.splice(at, 1));
    inLine(bent);
  },
  'an older commit again': (bent, chance) => {
    const old = copyOf(anyOf(chance, bent.corpus.drafts.slice(1)));
    putAt(bent, 0, [{ ...old, parents: [bent.base] }], true);
  },
  'a later commit at once': (bent, chance) => {
    const later = bent.corpus.drafts.slice(bent.at + 2);
    if (later.length > 0) append(bent, copyOf(anyOf(chance, later)));
  },
  'two commits as one': (bent) => {
    const [first, second] = bent.drafts;
    if (first === undefined || second === undefined) return;
    second.files = [...first.files, ...second.files];
    bent.drafts.splice(0, 1);
    inLine(bent);
  },
  'an older parent': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    draft.parents = [anyOf(chance, bent.corpus.line)];
  },
  'another root': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    if (chance.happens(0.5)) draft.parents = [];
    else append(bent, { ...copyOf(bent.corpus.drafts[0] ?? draft), parents: [] });
  },
  'a merge with an ancestor': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    draft.parents = [...draft.parents, anyOf(chance, bent.corpus.line)];
    if (chance.happens(0.3)) draft.parents.reverse();
  },
  'a merge of many': (bent, chance) => {
    const draft = anyDraft(bent, chance);
    draft.parents = [...draft.parents, ...bent.corpus.line.slice(0, 2 + chance.below(18))];
  },
  'a merge': (bent, chance) => void mergeSide(bent, chance),
  'a merge that goes on': (bent, chance) => {
    if (mergeSide(bent, chance) === undefined) return;
    const next = bent.corpus.drafts[bent.at + bent.drafts.length];
    if (next !== undefined) append(bent, copyOf(next));
  },
  'a merge that adds': (bent, chance) => {
    const merge = mergeSide(bent, chance);
    const file = merge && anyOf(chance, merge.files);
    if (file?.text !== undefined) file.text += anyOf(chance, ['later: 1\n', '# x\n', ' ']);
  },
  'a merge that leaves out': (bent, chance) => {
    const merge = mergeSide(bent, chance);
    merge?.files.splice(chance.below(merge.files.length), 1);
  },
  'a merge of one side': (bent, chance) => {
    const merge = mergeSide(bent, chance);
    if (merge !== undefined) merge.files = [];
  },
  'a merge that changes settings': (bent, chance) => {
    const merge = mergeSide(bent, chance);
    merge?.files.push({
      path: 'ledger.yaml',
      mode: '100644',
      text: `${settingsOf(bent)}retention_days: 0\n`,
    });
  },
  'a side that was bent': (bent, chance) => {
    const merge = mergeSide(bent, chance);
    const one = merge && bent.drafts[bent.drafts.length - 2];
    const file = one?.files[0];
    if (file?.text !== undefined) file.text = file.text.replace(/title: .*/, 'title: Mine');
  },
  'an acknowledgement': (bent, chance) => {
    const commit = anyOf(chance, [...bent.corpus.line.slice(0, bent.at + 1), '5'.repeat(40)]);
    const rule = anyOf(chance, ['content', 'date', 'file:alias', 'x', 'acknowledge', 'commit']);
    const id = anyOf(chance, [undefined, 'WRK-20260103-0001']) as never;
    const actor = anyOf(chance, ['ada', 'mallory', 'lea']);
    const given = {
      commit,
      findings: [{ rule, id }],
      reason: anyOf(chance, ['Mended.', '--- x', 'x >8 y', 'Work-At: x']),
    };
    append(bent, plain(bent, actor, encodeAcknowledgeMessage(given, { actor, op: OPS[0] as never, at: AT })));
  },
  'a mend': (bent, chance) => {
    const actor = anyOf(chance, ['ada', 'mallory']);
    const file = anyOf(
      chance,
      bent.corpus.drafts.slice(1).flatMap(({ files }) => files),
    );
    const files = anyOf(chance, [
      [file],
      [{ ...file, text: undefined }],
      [],
      [{ path: 'quarantine/x', mode: '100644', text: 'x\n' }],
      [{ ...file, text: `${file.text ?? ''}# x\n` }],
    ]);
    const names = files.map(({ path }) => path.replace(/.*\/(.*)\.yaml$/, '$1'));
    append(
      bent,
      plain(
        bent,
        actor,
        encodeRepairMessage(names, 'It was wrong.', { actor, op: OPS[1] as never, at: AT }),
        files,
      ),
    );
  },
  'a change of settings': (bent, chance) => {
    const actor = anyOf(chance, ['ada', 'mallory', 'lea']);
    const [key, line] = anyOf(chance, [
      ['max_attempts', 'max_attempts: 9'],
      ['rules_version', 'rules_version: 2'],
      ['rules_version', 'rules_version: 0'],
      ['retention_days', 'retention_days: 1'],
      ['clock_skew_s', 'clock_skew_s: 86400'],
      ['signatures', 'signatures: optional'],
      ['ledger_id', 'ledger_id: "019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11"'],
      ['id_prefix', 'id_prefix: ABC'],
      ['review', 'review: []'],
      ['later', 'later: 1'],
      ['on_complete', 'on_complete: delete'],
      ['schema', 'schema: 2'],
    ] as const);
    const before = settingsOf(bent);
    const present = new RegExp(`^${key}:.*(?:\\n .*)*$`, 'm');
    const text = present.test(before) ? before.replace(present, line) : `${before}${line}\n`;
    const message = encodeConfigureMessage([key], [], { actor, op: OPS[2] as never, at: AT });
    append(bent, plain(bent, actor, message, [{ path: 'ledger.yaml', mode: '100644', text }]));
  },
  'files beside items': (bent, chance) => {
    const actor = anyOf(chance, ['ada', 'mallory']);
    const path = anyOf(chance, [
      'README.md',
      'policy/allowed_signers',
      '.gitattributes',
      'templates/x.md',
      'templates/X.md',
      'templates/x',
      '.github/workflows/a.yml',
      '.github/../x',
      'templates/con',
      'templates/.git',
      'quarantine/x',
      'seal.yaml',
    ]);
    const message = encodeConfigureMessage([], [path], { actor, op: OPS[2] as never, at: AT });
    const text = anyOf(chance, ['x\n', 'mallory mallory\n', '*.yaml binary\n', '', undefined]);
    append(bent, plain(bent, actor, message, [{ path, mode: '100644', text }]));
  },
};
