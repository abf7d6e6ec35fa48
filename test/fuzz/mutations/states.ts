import type { Oid } from '../../../src/store/port.ts';
import { Chance } from '../../simulation/chance.ts';
import { anyOf, type Mutation } from './bent.ts';
import type { Ground } from './refs.ts';

/** What of a clone is on its disk beside objects: small files by their keys, and refs. */
export interface Disk {
  state: Map<string, string>;
  refs: Map<string, Oid>;
}

/** Bends what is on a clone's disk, while no process of it runs. */
export type LocalBend = (disk: Disk, ground: Ground) => void;

const local =
  (bend: (disk: Disk, ground: Ground, chance: Chance) => void): Mutation =>
  (bent, chance) => {
    const number = chance.below(2 ** 30);
    bent.local.push((disk, ground) => bend(disk, ground, new Chance(number, 'local')));
  };

/** Keys that a clone may have, beside those that it has. */
const KEYS = [
  'arrived',
  'journal',
  'left',
  'exposed',
  'moot',
  'uncaused',
  'observed',
  'turn',
  'round',
  'led',
  'contact',
  'fetched',
  'contended',
  'apart',
  'remote',
  'renamed',
  'serving',
  'pruned',
  'presence.seen',
  'presence.refused',
  'offers/k3m9x2ab',
  'clones/1',
  'clones/2',
  'clones/x',
  'inboxes/k3m9x2ab/holds',
  'inboxes/k3m9x2ab/1-x',
  'executions/k3m9x2ab/WRK-20260103-0001_x',
  'sessions/k3m9x2ab',
  'verified',
];

const SHAPES = [
  '',
  ' ',
  '\n',
  'null',
  '0',
  '-1',
  '1e999',
  'NaN',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '{"__proto__":null}',
  'true',
  '"x"',
  'x'.repeat(100_000),
  '\0',
  '\ufffd',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  '9'.repeat(400),
  '2026-01-03T11:00:00.000Z',
  '9999-99-99',
  '../../x',
];

const keysOf = ({ state }: Disk): string[] => [...new Set([...state.keys(), ...KEYS])];

/** A commit of the case, of the branch, of neither, or none. */
const anyOid = ({ base, tip, line, add }: Ground, chance: Chance): Oid =>
  anyOf(chance, [
    () => base,
    () => tip,
    () => anyOf(chance, line),
    () => '1'.repeat(40),
    () => '0'.repeat(40),
    () => add('blob', Buffer.from('x')),
    () => add('commit', Buffer.from('x')),
    () => 'x',
    () => '',
  ])();

const suspect = (over: object = {}): object => ({
  commit: '1'.repeat(40),
  rule: 'content',
  message: 'x',
  actor: 'ada',
  items: ['WRK-20260103-0001'],
  files: {},
  ...over,
});

/** What is bent of what a clone keeps on its disk, by a fault of it or by whoever can write there. */
export const STATES: Readonly<Record<string, Mutation>> = {
  'a file that broke off': local(({ state, ...disk }, _ground, chance) => {
    const key = anyOf(chance, keysOf({ state, ...disk }));
    const text = state.get(key) ?? '';
    state.set(key, text.slice(0, chance.below(text.length + 1)));
  }),
  'every file that broke off': local(({ state }, _ground, chance) => {
    for (const [key, text] of state) state.set(key, text.slice(0, chance.below(text.length + 1)));
  }),
  'a file gone': local((disk, _ground, chance) => void disk.state.delete(anyOf(chance, keysOf(disk)))),
  'all files gone': local(({ state }) => state.clear()),
  'a file of another shape': local((disk, _ground, chance) => {
    disk.state.set(anyOf(chance, keysOf(disk)), anyOf(chance, SHAPES));
  }),
  'every file of another shape': local((disk, _ground, chance) => {
    for (const key of keysOf(disk)) if (chance.happens(0.5)) disk.state.set(key, anyOf(chance, SHAPES));
  }),
  'a file in the place of another': local((disk, _ground, chance) => {
    const text = disk.state.get(anyOf(chance, [...disk.state.keys()]));
    if (text !== undefined) disk.state.set(anyOf(chance, keysOf(disk)), text);
  }),
  'another name in a file': local((disk, { base, line }, chance) => {
    // Not what the case has: a record that says it was checked could not be told from an honest one.
    const oid = anyOf(chance, [base, anyOf(chance, line), '1'.repeat(40), '0'.repeat(40), 'x', '']);
    for (const [key, text] of disk.state) disk.state.set(key, text.replaceAll(/\b[0-9a-f]{40}\b/g, oid));
  }),
  'a value in JSON of another shape': local(({ state }, _ground, chance) => {
    const json = [...state].filter(([, text]) => /^[[{]/.test(text));
    if (json.length === 0) return;
    const [key, text] = anyOf(chance, json);
    const values = [...text.matchAll(/:\s*("(?:[^"\\]|\\.)*"|\d+|true|false|null|\[[^[\]]*\])/g)];
    if (values.length === 0) return;
    const { index, 0: whole } = anyOf(chance, values);
    const other = anyOf(chance, ['null', '-1', '"x"', '[]', '{}', '[null]', '1e999', '"2026-02-30"']);
    state.set(key, `${text.slice(0, index)}:${other}${text.slice(index + whole.length)}`);
  }),
  'a record of what arrived': local(({ state }, ground, chance) => {
    const { base, line, commits } = ground;
    // What was checked is on the branch as this clone last took it, or nowhere: of the rest, no record could be told from an honest one.
    const checked = anyOf<unknown>(chance, [base, line[0], '1'.repeat(40), 'x', 7, null]);
    const suspects = anyOf<unknown>(chance, [
      [],
      [null],
      [1],
      'x',
      {},
      [suspect()],
      [suspect({ items: null })],
      [suspect({ items: ['x', 7] })],
      [suspect({ commit: commits[0] ?? base })],
      [suspect({ commit: 7 })],
      [suspect({ message: null, actor: null })],
      [suspect({ files: null })],
      [suspect({ id: {} })],
      Array.from({ length: 3_000 }, () => suspect()),
    ]);
    const stop = anyOf<unknown>(chance, [
      undefined,
      null,
      {},
      'x',
      { seen: base },
      { seen: base, suspect: suspect(), suspects: [suspect()] },
      { seen: base, suspect: null, suspects: null },
      { seen: base, suspect: {}, suspects: [{}] },
    ]);
    state.set('arrived', JSON.stringify({ checked, full: chance.happens(0.5), suspects, stop }));
  }),
  'a record of where the branch was left': local(({ state, refs }, ground, chance) => {
    const oid = anyOid(ground, chance);
    const key = anyOf(chance, ['journal', 'left']);
    state.set(key, `refs/heads/work-ledger ${oid}`);
    if (chance.happens(0.5)) refs.delete(`refs/work-ledger/${key}/work-ledger`);
  }),
  'a ref of this clone': local(({ refs }, ground, chance) => {
    const name = anyOf(chance, [
      'refs/heads/work-ledger',
      'refs/work-ledger/journal/work-ledger',
      'refs/work-ledger/left/work-ledger',
      'refs/work-ledger/seen/origin',
      'refs/work-ledger/rejected/019b8361-6880-7a52-9d0c-0f7e4f8e2b11',
      'refs/work-ledger/rejected/x',
      'refs/work-ledger/candidate',
      'refs/work-ledger/inbox/origin/k3m9x2ab',
      'refs/work-ledger/presence-of/origin/bob.k3m9x2ab',
      'refs/work-ledger/presence-draft',
      'refs/work-ledger/moved/x',
    ]);
    const oid = anyOid(ground, chance);
    if (/^[0-9a-f]{40}$/.test(oid)) refs.set(name, oid);
    else refs.delete(name);
  }),
  'refs as a mirror of the remote has them': local(mirrored),
  'a line that stands on the disk alone': (bent, chance) => {
    bent.isPushed = false;
    local(mirrored)(bent, chance);
  },
};

/** As after a fetch of all refs into their own names, from a remote where somebody pushed any. */
function mirrored({ refs }: Disk, { tip }: Ground, chance: Chance): void {
  for (const name of ['heads', 'work-ledger/journal', 'work-ledger/left'])
    if (name === 'heads' || chance.happens(0.6)) refs.set(`refs/${name}/work-ledger`, tip);
}
