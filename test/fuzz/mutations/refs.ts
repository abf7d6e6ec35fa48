import type { GitObject } from '../../../src/git/model/object.ts';
import type { Oid } from '../../../src/store/port.ts';
import { Chance } from '../../simulation/chance.ts';
import { latin } from '../draft.ts';
import { anyOf, type Mutation } from './bent.ts';

/** Where something is planted, once the commits of the case are made. */
export interface Ground {
  /** What the branch is, up to the base and with the case. */
  line: readonly Oid[];
  base: Oid;
  tip: Oid;
  commits: readonly Oid[];
  /** The name of the clone that meets it. */
  own: string;
  /** Its clock, in seconds since 1970. */
  now: number;
  add(type: GitObject['type'], bytes: Buffer): Oid;
  get(oid: Oid): GitObject | undefined;
}

/** Refs that somebody pushes beside the branch. A ref can name what is not there. */
export type Planting = (ground: Ground) => Iterable<readonly [ref: string, oid: Oid]>;

export const INBOXES = 'refs/work-ledger/inbox/';
const PRESENCE = 'refs/work-ledger/presence/';
const REVIEWS = 'refs/heads/review/';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Plants by a chance of its own, so that it plants the same whoever asks, and how often. */
const plant =
  (planting: (ground: Ground, chance: Chance) => Iterable<readonly [string, Oid]>): Mutation =>
  (bent, chance) => {
    const number = chance.below(2 ** 30);
    bent.beside.push((ground) => planting(ground, new Chance(number, 'beside')));
  };

function commit(
  { add, now }: Ground,
  message: string,
  { tree = EMPTY_TREE, parents = [], at = now - 20, extra = [] }: CommitParts = {},
): Oid {
  add('tree', Buffer.alloc(0));
  const who = `mallory <mallory@example.org> ${at} +0000`;
  const head = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
    ...extra,
  ];
  return add('commit', Buffer.from(`${head.join('\n')}\n\n${message}`, 'latin1'));
}

interface CommitParts {
  tree?: Oid;
  parents?: readonly Oid[];
  at?: number;
  extra?: readonly string[];
}

/** The same commit as if it was made a moment ago: what is old nobody looks at. */
function fresh({ add, get, now }: Ground, oid: Oid, parent: Oid | undefined, at = now - 20): Oid {
  const text = Buffer.from(get(oid)?.bytes ?? []).toString('latin1');
  const end = text.indexOf('\n\n');
  const head = text
    .slice(0, end)
    .replace(/^(committer .*> )-?\d+ /m, `$1${at} `)
    .replace(/^parent .*$/m, parent === undefined ? '$&' : `parent ${parent}`);
  return add('commit', Buffer.from(head + text.slice(end), 'latin1'));
}

/** What the case has, made a moment ago, on the base. */
function freshCase(ground: Ground): Oid {
  let parent = ground.base;
  for (const oid of ground.commits) parent = fresh(ground, oid, parent);
  return parent;
}

/** Something that is no offer, no sign of life, and maybe not there at all. */
function anything(ground: Ground, chance: Chance): Oid {
  const { add, base, tip, line } = ground;
  return anyOf(chance, [
    () => add('blob', Buffer.from('x')),
    () => add('blob', Buffer.alloc(0)),
    () => add('tree', Buffer.alloc(0)),
    () => add('tree', Buffer.from('100644 x')),
    () => add('tag', Buffer.from(`object ${base}\ntype commit\ntag x\ntagger a <a@b> 1 +0000\n\nx\n`)),
    () => add('commit', Buffer.from('x')),
    () => add('commit', Buffer.alloc(0)),
    () => add('commit', Buffer.from(`tree ${EMPTY_TREE}\nparent ${'1'.repeat(40)}\n\nx\n`)),
    () => commit(ground, 'x\n', { parents: ['2'.repeat(40)] }),
    () => commit(ground, 'x\n', { tree: '3'.repeat(40), parents: [base] }),
    () => commit(ground, 'x\n', { extra: ['encoding latin-1', 'x \xff'] }),
    () => commit(ground, '\0\xff', { parents: [base, tip, base] }),
    () => commit(ground, 'x\n', { at: anyOf(chance, [0, 2 ** 40, -5, 99_999_999_999]) }),
    () => commit(ground, 'x\n', { parents: [base] }),
    () => '4'.repeat(40),
    () => base,
    () => tip,
    () => line[0] ?? base,
  ])();
}

const CLONES = ['k3m9x2ab', 'zzzzzzzz', '0', 'a'.repeat(32)];
const NAMES = [
  'K3M9X2AB',
  'a'.repeat(33),
  'a/b',
  '..',
  'x.lock',
  latin('ü'),
  '\u202e',
  'a b',
  '-x',
  '__proto__',
  'constructor',
  'x'.repeat(240),
  '@',
];

const nameIn = (chance: Chance, good: readonly string[]): string =>
  chance.happens(0.7) ? anyOf(chance, good) : anyOf(chance, NAMES);

const AT = '2026-01-03T11:00:00.000Z';
const record = (over: object = {}): Record<string, unknown> => ({
  schema: 1,
  agent: 'bob',
  session: 'k3m9x2ab',
  host: 'h',
  pid: 1,
  program: 'p',
  clone: 'k3m9x2ab',
  seq: 1,
  at: AT,
  executions: [{ id: 'WRK-20260103-0001', execution_id: 'exec-1', epoch: 1, since: AT }],
  ...over,
});
const execution = (over: object): object => ({
  id: 'WRK-20260103-0002',
  execution_id: 'exec-4',
  epoch: 1,
  since: AT,
  ...over,
});

/** A record of presence, right or wrong, and the message around it. */
function sign(ground: Ground, chance: Chance): string {
  const { own } = ground;
  const said = anyOf<object>(chance, [
    {},
    { agent: 'ada' },
    { agent: latin('аda') },
    { agent: 'x\u202e' },
    { agent: 'x'.repeat(500) },
    { agent: ['bob'] },
    { session: 'zzzzzzzz' },
    { session: '../../x' },
    { host: 'a\u001b[2Jb' },
    { host: 'x'.repeat(9_000) },
    { pid: -1 },
    { pid: 1e99 },
    { pid: 0.5 },
    { program: null },
    { program: 'x\ny' },
    { clone: own },
    { clone: '__proto__' },
    { clone: 7 },
    { seq: Number.MAX_SAFE_INTEGER },
    { at: '9999-12-31T23:59:59.999Z' },
    { at: '2026-02-30T00:00:00.000Z' },
    { at: 0 },
    { executions: Array.from({ length: 501 }, () => execution({})) },
    { executions: Array.from({ length: 500 }, (_, n) => execution({ execution_id: `e${n}` })) },
    { executions: [execution({}), execution({}), execution({ epoch: 2 })] },
    { executions: [execution({ id: '__proto__' })] },
    { executions: [execution({ id: 'WRK-20260103-9999' })] },
    { executions: [execution({ epoch: 1e300 })] },
    { executions: [execution({ step: 'x\u2028y' })] },
    { executions: [null, 1, 'x', []] },
    { executions: { length: 1, 0: execution({}) } },
    { schema: 2 },
    { schema: '1' },
    { later: 'x' },
  ]);
  const json = JSON.stringify(record(said));
  const bent = anyOf(chance, [
    json,
    json,
    json,
    json,
    `${json}${json}`,
    json.slice(0, -5),
    `[${json}]`,
    `{"__proto__":${json}}`,
    json.replace('{', '{"__proto__":{"schema":1},'),
    json.replace('"schema":1', '"schema":1,"schema":1'),
    `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    `${json.slice(0, -1)},"x":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`,
    `${json.slice(0, -1)},"x":"${'x'.repeat(1_100_000)}"}`,
    'null',
    '""',
    '',
    '\xff\xfe',
    latin(`\ufeff${json}`),
    json.replaceAll('"', '\\u0022'),
    ` ${json}`,
    `${json}\n\nWork-Item: WRK-20260103-0001`,
  ]);
  const first = anyOf(chance, ['presence: bob', 'presence: ', '', 'x\x1b[2J', 'presence: bob\n\nx']);
  return `${first}\n\n${bent}\n`;
}

const SIGNS = ['bob.k3m9x2ab', 'ada.zzzzzzzz', 'cy.00000000'];
const ODD_SIGNS = [
  'bob.K3M9X2AB',
  'bob',
  '%2f.k3m9x2ab',
  `${'a'.repeat(200)}.k3m9x2ab`,
  'bob.k3m9x2ab/x',
  '.x',
];

/** What somebody pushes beside the branch. */
export const REFS: Readonly<Record<string, Mutation>> = {
  'a sign of life': plant((ground, chance) => {
    const name = chance.happens(0.7) ? anyOf(chance, SIGNS) : anyOf(chance, [...ODD_SIGNS, ...NAMES]);
    return [[PRESENCE + name, commit(ground, sign(ground, chance))]];
  }),
  'a sign of life of something else': plant((ground, chance) => [
    [PRESENCE + anyOf(chance, [...SIGNS, ...ODD_SIGNS]), anything(ground, chance)],
  ]),
  'many signs of life': plant((ground, chance) => {
    const one = commit(ground, sign(ground, chance));
    return Array.from({ length: 60 }, (_, n) => [
      `${PRESENCE}a${n}.${String(n).padStart(8, 'a')}`,
      chance.happens(0.5) ? one : anything(ground, chance),
    ]);
  }),
  'who works on everything': plant((ground) => {
    const executions = [1, 2, 3, 4, 5, 6].flatMap((n) =>
      [1, 2, 3, 4, 5].map((e) => execution({ id: `WRK-20260103-000${n}`, execution_id: `exec-${e}` })),
    );
    return [
      [
        `${PRESENCE}bob.k3m9x2ab`,
        commit(ground, `presence: bob\n\n${JSON.stringify(record({ executions }))}\n`),
      ],
    ];
  }),
  'another clone of the same name': plant((ground, chance) => [
    [
      `${PRESENCE}bob.k3m9x2ab`,
      commit(ground, `presence: bob\n\n${JSON.stringify(record({ clone: ground.own }))}\n`),
    ],
    [INBOXES + ground.own, chance.happens(0.5) ? anything(ground, chance) : freshCase(ground)],
  ]),
  'an offer': plant((ground, chance) => [[INBOXES + nameIn(chance, CLONES), freshCase(ground)]]),
  'an offer of something else': plant((ground, chance) => [
    [INBOXES + nameIn(chance, CLONES), anything(ground, chance)],
  ]),
  'an offer in two inboxes': plant((ground) => {
    const offer = freshCase(ground);
    return [
      [`${INBOXES}aaaaaaaa`, offer],
      [`${INBOXES}bbbbbbbb`, offer],
      [`${INBOXES}cccccccc`, fresh(ground, offer, undefined)],
    ];
  }),
  'an offer on something older': plant((ground, chance) => {
    const { line } = ground;
    const from = anyOf(chance, line);
    return [[`${INBOXES}k3m9x2ab`, fresh(ground, ground.tip, from)]];
  }),
  'an offer of another ledger': plant((ground) => {
    let parent: Oid | undefined;
    for (const oid of ground.line.slice(0, 3)) {
      const text = Buffer.from(ground.get(oid)?.bytes ?? []).toString('latin1');
      const head: string = text
        .replace(/^parent .*\n/m, parent === undefined ? '' : `parent ${parent}\n`)
        .replace(/^(committer .*> )\d+ /m, `$1${ground.now - 20} `);
      parent = ground.add('commit', Buffer.from(head, 'latin1'));
    }
    return parent === undefined ? [] : [[`${INBOXES}k3m9x2ab`, parent]];
  }),
  'a long chain': plant((ground, chance) => {
    const message = anyOf(chance, [
      'x\n',
      'comment WRK-20260103-0001: pending\n\nx\n\nWork-Item: WRK-20260103-0001\nWork-Verb: comment\nWork-Op: 019b8400-0000-7a52-9d0c-0f7e4f8e2b11\n',
      `x\n\n${'Work-Op: x\n'.repeat(50)}`,
    ]);
    let parent = ground.base;
    const tree = /^tree (\w+)/.exec(Buffer.from(ground.get(parent)?.bytes ?? []).toString('latin1'))?.[1];
    for (let n = 0; n < 400; n += 1)
      parent = commit(ground, message.replace('2b11', String(1000 + n)), {
        parents: [parent],
        ...(tree === undefined ? {} : { tree }),
      });
    return [[`${INBOXES}k3m9x2ab`, parent]];
  }),
  'many inboxes': plant((ground, chance) => {
    const offer = freshCase(ground);
    return Array.from({ length: 60 }, (_, n) => [
      `${INBOXES}n${n}`,
      chance.happens(0.5) ? offer : anything(ground, chance),
    ]);
  }),
  'a proposal': plant((ground, chance) => {
    const name = anyOf(chance, ['WRK-20260103-0002', 'WRK-20260103-9999', 'x', '../x', 'a/b', latin('ü')]);
    const value = anyOf(chance, [
      () => ground.tip,
      () => freshCase(ground),
      () => anything(ground, chance),
    ])();
    return [[REVIEWS + name, value]];
  }),
  'refs that nobody asked for': plant((ground, chance) => {
    const value = chance.happens(0.5) ? ground.tip : anything(ground, chance);
    return [
      'refs/work-ledger/journal/work-ledger',
      'refs/work-ledger/left/work-ledger',
      'refs/work-ledger/seen/origin',
      'refs/work-ledger/rejected/019b8361-6880-7a52-9d0c-0f7e4f8e2b11',
      'refs/work-ledger/candidate',
      'refs/heads/Work-Ledger',
      'refs/heads/work-ledger2',
      'refs/tags/work-ledger',
      'refs/tags/refs/heads/work-ledger',
      'refs/remotes/origin/work-ledger',
      'refs/replace/work-ledger',
    ].map((ref) => [ref, value]);
  }),
};
