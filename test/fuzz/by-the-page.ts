import { parseDocument } from 'yaml';
import type { Oid } from '../../src/store/port.ts';
import { named, readProject, section, table } from '../docs/markdown.ts';
import { unlatin } from './draft.ts';
import { Folder, treeOf } from './folder.ts';
import type { FuzzObjects } from './objects.ts';

// An auditor that knows docs/format.md, git's format and a YAML library, and none of the code that it judges. It knows less than the
// audit: what it finds is wrong, what it does not find may be wrong as well.

const PAGE = readProject('docs/format.md');
const KEYS = table(section(PAGE, '## Work item')).map(([key = '']) => key);
const TRAILERS = table(section(PAGE, '## Commit')).map(([key = '']) => key);
const FENCED = named(section(PAGE, '## Commit'), '- `Work-Epoch` and `Work-Execution` stand on the verbs');
const OPEN = ['pending', 'in_progress', 'blocked', 'in_review'];
const ENDED = ['completed', 'failed', 'cancelled'];
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '–': ['none'],
  open: OPEN,
  ended: ENDED,
  all: [...OPEN, ...ENDED],
  any: [...OPEN, ...ENDED],
  gone: ['deleted'],
  'as held': ['in_progress', 'pending'],
  'as approved': ['completed', 'in_review'],
};
const wordsOf = (cell: string): readonly string[] => WORDS[cell] ?? cell.split(/, | or /);
const TABLE = new Map(
  table(section(PAGE, '## Transitions')).map(([verb = '', from = '', to = '', who = '']) => [
    verb,
    { from: wordsOf(from), to: to === 'same' ? 'same' : wordsOf(to), who },
  ]),
);
const WRITTEN = table(section(PAGE, '### What a verb writes'));
/** What each verb sets or removes, and what every verb does. */
const writtenBy = (verb: string): Set<string> =>
  new Set([
    ...['rev', 'last_op', 'updated_at', 'status'],
    ...WRITTEN.filter(([verbs = '']) => verbs.split(/, | /).includes(verb)).flatMap((row) =>
      row.join(' ').split(/[^a-z_]+/),
    ),
  ]);
const HEADER = /^(?:encoding|gpgsig|gpgsig-sha256|change-id|mergetag|HG:\S+) /;
const ITEM =
  /^(active|completed|failed|cancelled)\/(\d{4}-\d\d)\/x(..)\/(([A-Z]{2,8})-(\d{8})-([0-9a-z]{4,16}))\.yaml$/;

type Item = Record<string, unknown>;
type Files = ReadonlyMap<string, { mode: string; oid: Oid }>;

interface Read {
  parents: string[];
  headers: string[];
  tree: Oid;
  message: string;
}

function readCommit(objects: FuzzObjects, oid: Oid): Read {
  const text = Buffer.from(objects.get(oid)?.bytes ?? []).toString('latin1');
  const end = text.indexOf('\n\n');
  const lines = text.slice(0, end).split('\n');
  const of = (key: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  return {
    parents: of('parent'),
    headers: lines.filter((line) => !/^(?:tree|parent| )/.test(line)),
    tree: of('tree')[0] ?? '',
    message: unlatin(text.slice(end + 2)),
  };
}

const filesOf = (objects: FuzzObjects, tree: Oid): Files =>
  new Map(
    [...Folder.read(objects, tree).files()].map(({ path, line: { mode, oid } }) => [path, { mode, oid }]),
  );

/** Holds commits against the page, each against its first parent. @returns what is wrong with the first that is */
export function auditByThePage(
  objects: FuzzObjects,
  past: readonly Oid[],
  commits: readonly Oid[],
): string | undefined {
  const ops = new Set<string>();
  const ids = new Set<string>();
  let group = placeIn(objects, readCommit(objects, commits[0] ?? '').parents[0])?.open;
  const note = (message: string): void => {
    for (const [, key, value = ''] of message.matchAll(/^Work-(Op|Item): (.*)$/gm))
      (key === 'Op' ? ops : ids).add(value);
  };
  for (const oid of past) note(readCommit(objects, oid).message);
  for (const oid of commits) {
    const commit = readCommit(objects, oid);
    const isMerge = commit.parents.length > 1;
    const wrong = isMerge ? checkMerge(objects, commit, oid) : checkOne(objects, commit, oid, { ops, ids });
    if (wrong !== undefined) return `${wrong} (${oid})`;
    if (isMerge) continue;
    const place = placeIn(objects, oid);
    if (
      group !== undefined &&
      (place?.id !== group.id || place.index !== group.next || place.size !== group.size)
    )
      return `group broken (${oid})`;
    if (group === undefined && place !== undefined && place.index !== 1) return `group begun late (${oid})`;
    group = place?.open;
    note(commit.message);
  }
  return group === undefined ? undefined : 'group unfinished';
}

/** Where in its group a commit stands, and what of it is still to come. */
function placeIn(objects: FuzzObjects, oid: Oid | undefined) {
  const found = /^Work-Group: (\S+) (\d+)\/(\d+)$/m.exec(
    oid === undefined ? '' : readCommit(objects, oid).message,
  );
  if (found === null) return undefined;
  const [id = '', index, size] = [found[1], Number(found[2]), Number(found[3])];
  return { id, index, size, open: index < size ? { id, next: index + 1, size } : undefined };
}

/** An item's files count as one, under its id. */
const nameOf = (path: string): string => ITEM.exec(path)?.[4] ?? path;

/** The files in which a commit differs from its first parent. */
/** Whether all that a commit changed is back at the tip as it was before it. */
export function isUndone(objects: FuzzObjects, tip: Oid, commit: Oid | undefined): boolean {
  if (commit === undefined) return false;
  const [parent] = readCommit(objects, commit).parents;
  const [before, now] = [parent, tip].map((one) => filesOf(objects, (one && treeOf(objects, one)) ?? ''));
  const paths = changedIn(objects, parent, commit);
  return paths.length > 0 && paths.every((path) => before?.get(path)?.oid === now?.get(path)?.oid);
}

function changedIn(objects: FuzzObjects, parent: Oid | undefined, oid: Oid): string[] {
  const [before, after] = [parent, oid].map((commit): Files => {
    return commit === undefined ? new Map() : filesOf(objects, readCommit(objects, commit).tree);
  });
  const paths = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  const isSame = (path: string): boolean =>
    before?.get(path)?.oid === after?.get(path)?.oid && before?.get(path)?.mode === after?.get(path)?.mode;
  return [...paths].filter((path) => !isSame(path));
}

function ancestorsOf(objects: FuzzObjects, oid: Oid): Set<Oid> {
  const found = new Set<Oid>();
  const left = [oid];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    left.push(...readCommit(objects, one).parents);
  }
  return found;
}

/** What one side alone touched stands as that side has it, and nothing is as in no parent. */
function checkMerge(objects: FuzzObjects, { parents }: Read, oid: Oid): string | undefined {
  const differing = parents.map((parent) => new Set(changedIn(objects, parent, oid).map(nameOf)));
  const behind = parents.map((parent) => ancestorsOf(objects, parent));
  const touchedBy = (mine: number, other: number): Set<string> => {
    const commits = [...(behind[mine] ?? [])].filter((one) => behind[other]?.has(one) !== true);
    const lines = commits.map((one) => ({ one, parents: readCommit(objects, one).parents }));
    return new Set(
      lines.flatMap(({ one, parents: [first, ...more] }) =>
        more.length > 0 ? [] : changedIn(objects, first, one).map(nameOf),
      ),
    );
  };
  for (const name of new Set(differing.flatMap((names) => [...names]))) {
    const standing = parents.flatMap((_, at) => (differing[at]?.has(name) ? [] : [at]));
    if (standing.length === 0) return 'a merge made something up';
    for (const at of parents.keys()) {
      if (!differing[at]?.has(name)) continue;
      if (standing.every((one) => touchedBy(at, one).has(name))) return 'a merge left something out';
    }
  }
  return undefined;
}

type Known = { ops: ReadonlySet<string>; ids: ReadonlySet<string> };

function checkOne(objects: FuzzObjects, commit: Read, oid: Oid, known: Known): string | undefined {
  const { headers, message, parents, tree } = commit;
  const [author = '', committer = '', ...others] = headers;
  const [, name, at] = /^author (.*) <[^<>]*> (\d+) [+-]\d{4}$/.exec(author) ?? [];
  if (at === undefined || !/^committer (.*) <[^<>]*> (\d+) [+-]\d{4}$/.test(committer))
    return 'people in another form';
  if (others.some((line) => !HEADER.test(line))) return 'an unknown header';
  const found = [...message.matchAll(/^(Work-[A-Z][A-Za-z]*): (.*)$/gm)].map(
    ([, key = '', value = '']) => [key, value] as const,
  );
  const said = new Map(found);
  if (said.size !== found.length) return 'a trailer twice';
  const [verb = '', op = '', asked = ''] = ['Work-Verb', 'Work-Op', 'Work-At'].map((key) => said.get(key));
  // Whom a host writes down who accepted a proposal, and when, is the host's.
  if (verb !== 'approve' || said.get('Work-Actor') !== 'pull-request') {
    if (said.get('Work-Actor') !== unlatin(name ?? '')) return 'another author than the actor';
    if (Number(at) !== Math.floor(Date.parse(asked) / 1000)) return 'another date than Work-At';
  }
  if (known.ops.has(op)) return 'an op twice';
  const before = filesOf(objects, readCommit(objects, parents[0] ?? '').tree);
  const after = filesOf(objects, tree);
  const changed = changedIn(objects, parents[0], oid);
  const [items, beside] = [
    changed.filter((path) => ITEM.test(path)),
    changed.filter((path) => !ITEM.test(path)),
  ];
  if (changed.some((path) => after.has(path) && after.get(path)?.mode !== '100644')) return 'no plain file';
  if (verb === 'acknowledge') return changed.length > 0 ? 'an acknowledgement that changes files' : undefined;
  if (verb === 'configure') return items.length > 0 ? 'a configure that changes items' : undefined;
  if (verb === 'repair') return undefined;
  if (verb === 'init') return 'another root';
  if (beside.length > 0) return 'a transition that changes files beside items';
  return checkTransition(objects, { before, after, items, said, verb, op, message }, known);
}

function checkTransition(
  objects: FuzzObjects,
  {
    before,
    after,
    items,
    said,
    verb,
    op,
    message,
  }: {
    before: Files;
    after: Files;
    items: string[];
    said: ReadonlyMap<string, string>;
    verb: string;
    op: string;
    message: string;
  },
  known: Known,
): string | undefined {
  const id = said.get('Work-Item') ?? '';
  if (items.length === 0 || items.some((path) => ITEM.exec(path)?.[4] !== id)) return 'not one item';
  const now = items.filter((path) => after.has(path));
  if (now.length > 1) return 'two files of one item';
  const [was, is] = [items.find((path) => before.has(path)), now[0]].map((path, at) =>
    path === undefined
      ? undefined
      : readItem(objects, path, (at === 0 ? before : after).get(path)?.oid ?? '', at === 1),
  );
  if (typeof was === 'string' || typeof is === 'string') return String(is ?? was);
  if (was === undefined && is !== undefined && known.ids.has(id)) return 'an id twice';
  const [from, to] = [String(was?.status ?? 'none'), String(is?.status ?? 'deleted')];
  const status = from === to ? from : `${from} -> ${to}`;
  if (said.get('Work-Status') !== status) return 'another status than the files say';
  const row = TABLE.get(verb);
  if (row === undefined) return 'an unknown verb';
  if (!row.from.includes(from) || !(row.to === 'same' ? from === to : row.to.includes(to)))
    return `no row for ${verb} ${status}`;
  const rev = Number(is?.rev ?? Number(was?.rev) + 1);
  if (rev !== Number(was?.rev ?? 0) + 1 || said.get('Work-Rev') !== String(rev)) return 'another revision';
  if (is !== undefined && is.last_op !== op) return 'another op than the file says';
  if (is !== undefined && verb !== 'import' && is.updated_at !== said.get('Work-At'))
    return 'another time than the file says';
  const wrong = checkWho(row.who, said.get('Work-Actor') ?? '', was) ?? checkFence(verb, said, was, is);
  if (wrong !== undefined) return wrong;
  if (was !== undefined && is !== undefined) {
    const told = writtenBy(verb);
    const odd = [...new Set([...Object.keys(was), ...Object.keys(is)])].find(
      (key) => JSON.stringify(was[key]) !== JSON.stringify(is[key]) && !told.has(key),
    );
    if (odd !== undefined && verb !== 'update') return `${verb} changes ${odd}`;
  }
  const order = [...said.keys()].map((key) => TRAILERS.indexOf(key));
  if (order.some((place, at) => place < 0 || place <= (order[at - 1] ?? -1)))
    return 'trailers in another order, or unknown';
  const [first = '', , title = ''] = message.split('\n');
  if (!first.startsWith(`${verb} ${id}: ${status}`)) return 'another first line';
  return verb !== 'approve' && title.trim() !== String((is ?? was)?.title).trim()
    ? 'another title'
    : undefined;
}

const isHeld = (item: Item | undefined): boolean =>
  item?.owner !== undefined &&
  (item.status === 'in_progress' ||
    item.status === 'in_review' ||
    (item.status === 'blocked' && (item.block as Item).from === 'in_progress'));

function checkWho(who: string, actor: string, was: Item | undefined): string | undefined {
  if (who === 'owner' && (!isHeld(was) || was?.owner !== actor)) return 'not the owner';
  if (who === 'not the owner' && was?.owner === actor) return 'the owner';
  if (who === 'assignee' && was?.owner !== undefined && was.owner !== actor) return 'not the assignee';
  if (who === 'creator or owner' && was?.owner !== actor && was?.created_by !== actor)
    return 'neither creator nor owner';
  return undefined;
}

function checkFence(
  verb: string,
  said: ReadonlyMap<string, string>,
  was: Item | undefined,
  is: Item | undefined,
): string | undefined {
  const holder = [is, was].find(isHeld)?.claim as Item | undefined;
  const epoch = FENCED.includes(verb) ? holder?.epoch : undefined;
  if (said.get('Work-Epoch') !== (epoch === undefined ? undefined : String(epoch))) return 'another epoch';
  const [old, next] = [was, is].map((item) => Number((item?.claim as Item | undefined)?.epoch ?? 0));
  return is !== undefined && (next ?? 0) < (old ?? 0) ? 'an epoch that falls' : undefined;
}

function readItem(objects: FuzzObjects, path: string, oid: Oid, isNew: boolean): Item | string {
  const bytes = Buffer.from(objects.get(oid)?.bytes ?? []);
  const [, state, month, shard, id, , day = '', suffix = ''] = ITEM.exec(path) ?? [];
  if (`${day.slice(0, 4)}-${day.slice(4, 6)}` !== month || suffix.slice(-2) !== shard)
    return 'an item in another folder';
  let item: Item;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const parsed = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: true });
    if (parsed.errors.length > 0) return 'a file that is no YAML';
    item = parsed.toJS({ maxAliasCount: 0 }) as Item;
  } catch {
    return 'a file that cannot be read';
  }
  if (item.id !== id) return 'a file of another item';
  if ((ENDED.includes(String(item.status)) ? item.status : 'active') !== state)
    return 'a file in the folder of another status';
  return isNew && writeItem(item) !== bytes.toString() ? 'bytes that are not canonical' : item;
}

// What “Writing” says.

const NO_TEXT = new Set('y n yes no true false on off null nan inf'.split(' '));
const NOT_PRINTABLE =
  '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ufffe\\uffff';
const CONTROL = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${NOT_PRINTABLE}]`);
const ESCAPED = new RegExp(`[${NOT_PRINTABLE}]`, 'g');
const SIMPLE_KEY = 1_000;

const isPlain = (text: string): boolean =>
  /^[A-Za-z_/][A-Za-z0-9 _./@+()-]*$/.test(text) && !text.endsWith(' ') && !NO_TEXT.has(text.toLowerCase());
const quote = (text: string): string =>
  JSON.stringify(text).replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

function writeText(text: string, indent: number): string {
  if (!text.includes('\n')) return isPlain(text) ? text : quote(text);
  const whole = text.replace(/\n+$/, '');
  const breaks = text.length - whole.length;
  const lines = (breaks === 0 ? text : text.slice(0, -1)).split('\n');
  if (CONTROL.test(text) || !text.isWellFormed() || /(?:^|\n)[ \t]*$/.test(whole)) return quote(text);
  const chomp = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const first = lines.find((line) => line !== '') ?? '';
  const hint = lines[0] === '' || /^[ \t]/.test(first) ? '2' : '';
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\n')}`;
}

/** What stands behind a key or a dash, with the space or the line break before it. */
function writeValue(value: unknown, indent: number): string {
  if (typeof value === 'string') return ` ${writeText(value, indent)}`;
  if (typeof value !== 'object' || value === null) return ` ${JSON.stringify(value)}`;
  if (Object.keys(value).length === 0) return Array.isArray(value) ? ' []' : ' {}';
  if (!Array.isArray(value)) return `\n${writeMap(Object.entries(value), indent)}`;
  return `\n${value.map((one) => `${' '.repeat(indent)}-${inItem(writeValue(one, indent + 2))}`).join('\n')}`;
}

const inItem = (written: string): string => (written.startsWith('\n') ? ` ${written.trimStart()}` : written);

function writeMap(entries: readonly (readonly [string, unknown])[], indent: number): string {
  const pad = ' '.repeat(indent);
  return entries
    .map(([key, value]) => {
      const name = isPlain(key) && !key.includes(' ') ? key : quote(key);
      const start = name.length > SIMPLE_KEY ? `${pad}? ${name}\n${pad}:` : `${pad}${name}:`;
      return start + writeValue(value, indent + 2);
    })
    .join('\n');
}

function writeItem(item: Item): string {
  const keys = [
    ...KEYS.filter((key) => Object.hasOwn(item, key)),
    ...Object.keys(item)
      .filter((key) => !KEYS.includes(key))
      .sort(),
  ];
  const said = keys.filter((key) => {
    const value = item[key];
    return value !== null && value !== '' && !(typeof value === 'object' && Object.keys(value).length === 0);
  });
  return `${writeMap(
    said.map((key) => [key, item[key]] as const),
    0,
  )}\n`;
}
