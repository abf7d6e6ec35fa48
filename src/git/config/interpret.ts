import { LedgerError } from '../../domain/errors.ts';

/** One line of git's configuration, and the file it stands in. */
export interface ConfigEntry {
  origin: string;
  /** Section and variable in lower case, as git gives them. */
  key: string;
  /** `undefined` for a key that stands alone, which means true. */
  value: string | undefined;
}

/** What the program takes from git's configuration. */
export interface RepositoryConfig {
  remotes: [name: string, url: string][];
  /** Of remotes that git pushes to another address than it fetches from: that one, as git can be told to read it. */
  pushes: [name: string, url: string][];
  settings: [key: string, value: string][];
  user: { name?: string; email?: string };
  traits: RepositoryTraits;
}

/** Reads what `git config --list --show-origin -z` prints. */
export function parseConfigList(output: string): ConfigEntry[] {
  const parts = output.split('\0');
  const entries: ConfigEntry[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [origin = '', record = ''] = [parts[at], parts[at + 1]];
    const end = record.indexOf('\n');
    entries.push(
      end < 0
        ? { origin, key: record, value: undefined }
        : { origin, key: record.slice(0, end), value: record.slice(end + 1) },
    );
  }
  return entries;
}

/** @throws LedgerError `UNSUPPORTED_REPOSITORY` where objects have other names than a ledger's */
export function interpretConfig(entries: readonly ConfigEntry[]): RepositoryConfig {
  const last = new Map(entries.map(({ key, value }) => [key, value ?? 'true']));
  const format = last.get('extensions.objectformat') ?? 'sha1';
  if (format !== 'sha1') throw otherObjects(format);
  const settings = new Map<string, string>();
  for (const { key, value = '' } of entries)
    if (key.startsWith('ledger.')) settings.set(key.slice('ledger.'.length).toLowerCase(), value);
  const { remotes, pushes } = addressesIn(entries);
  const [name, email] = [last.get('user.name'), last.get('user.email')];
  return {
    remotes,
    pushes,
    settings: [...settings],
    user: { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) },
    traits: traitsFrom(last),
  };
}

/** Where git fetches from and pushes to, by its own rules: `git help config`, on `remote.*.pushurl` and `url.*.pushInsteadOf`. */
function addressesIn(entries: readonly ConfigEntry[]): Pick<RepositoryConfig, 'remotes' | 'pushes'> {
  const urls = new Map<string, string[]>();
  const pushUrls = new Map<string, string[]>();
  const rewrites: Rewrite[] = [];
  const pushRewrites: Rewrite[] = [];
  for (const { key, value = '' } of entries) {
    const base = between(key, 'url.', '.insteadof');
    const pushBase = between(key, 'url.', '.pushinsteadof');
    if (base !== undefined) rewrites.push({ base, prefix: value });
    if (pushBase !== undefined) pushRewrites.push({ base: pushBase, prefix: value });
    addTo(urls, between(key, 'remote.', '.url'), value);
    addTo(pushUrls, between(key, 'remote.', '.pushurl'), value);
  }
  const remotes: [string, string][] = [];
  const pushes: [string, string][] = [];
  for (const [name, [url = '', ...more]] of urls) {
    remotes.push([name, url]);
    const plain = (one: string): string => rewrite(one, rewrites) ?? one;
    const all = [url, ...more];
    const explicit = pushUrls.get(name) ?? [];
    const aliased = explicit.length > 0 ? [] : all.flatMap((one) => rewrite(one, pushRewrites) ?? []);
    const other =
      aliased.find((one) => one !== plain(url)) ??
      // Told by name, these are rewritten as they are here.
      [explicit, aliased, all].find((list) => list.length > 0)?.find((one) => plain(one) !== plain(url));
    if (other !== undefined) pushes.push([name, other]);
  }
  return { remotes, pushes };
}

interface Rewrite {
  base: string;
  prefix: string;
}

/** By the longest prefix that fits; `undefined` where none does. */
function rewrite(url: string, rules: readonly Rewrite[]): string | undefined {
  let best: Rewrite | undefined;
  for (const rule of rules)
    if (url.startsWith(rule.prefix) && rule.prefix.length > (best?.prefix.length ?? 0)) best = rule;
  return best && best.base + url.slice(best.prefix.length);
}

function between(key: string, start: string, end: string): string | undefined {
  return key.length > start.length + end.length && key.startsWith(start) && key.endsWith(end)
    ? key.slice(start.length, -end.length)
    : undefined;
}

/** A value that is empty takes back those before it. */
function addTo(lists: Map<string, string[]>, name: string | undefined, value: string): void {
  if (name === undefined) return;
  if (value === '') lists.delete(name);
  else lists.set(name, [...(lists.get(name) ?? []), value]);
}

function traitsFrom(last: ReadonlyMap<string, string>): RepositoryTraits {
  const logs = last.get('core.logallrefupdates')?.toLowerCase();
  const bare = isOn(last.get('core.bare') ?? 'false');
  const shared = last.get('core.sharedrepository')?.toLowerCase() ?? 'umask';
  const packing = isOn(last.get('maintenance.auto') ?? 'true');
  const limit = (key: string, plain: number): number => Math.max(readNumber(last.get(key)) ?? plain, 0);
  return {
    fileRefs: (last.get('extensions.refstorage') ?? 'files') === 'files',
    reflogs: logs === 'always' ? 'all' : isOn(logs ?? `${!bare}`) ? 'branches' : 'existing',
    groupShared: shared !== 'umask' && isOn(shared),
    looseLimit: packing ? limit('gc.auto', PLAIN_TRAITS.looseLimit) : 0,
    packLimit: limit('gc.autopacklimit', PLAIN_TRAITS.packLimit),
  };
}

const isOff = (value: string): boolean => ['false', 'no', 'off', '0', ''].includes(value.toLowerCase());
const isOn = (value: string): boolean => !isOff(value);

/** As git reads numbers: with `k`, `m` or `g` for a thousand and so on. */
function readNumber(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^\s*(-?\d+)([kmg]?)\s*$/i.exec(text ?? '') ?? [];
  return digits === undefined
    ? undefined
    : Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
}

function otherObjects(format: string): LedgerError {
  return new LedgerError(
    'UNSUPPORTED_REPOSITORY',
    `The repository names its objects by ${format}; a ledger needs sha1.`,
    {
      hint: 'Keep the ledger in a repository of its own, made with: git init --bare',
    },
  );
}

/** What of a repository's configuration decides how it is read and written. */
export interface RepositoryTraits {
  /** Whether refs are files, as git kept them from the start; otherwise only git reads them. */
  fileRefs: boolean;
  /** Of which refs each move is logged: of all, of branches, or of those that have a log. */
  reflogs: 'all' | 'branches' | 'existing';
  /** Whether a group writes here together: git then gives each file the permissions for it. */
  groupShared: boolean;
  /** How many loose objects git lets gather before it packs them; 0 where it is told not to. */
  looseLimit: number;
  /** How many packs git lets gather before it makes one of them; 0 where it is told not to. */
  packLimit: number;
}

/** Those of a bare repository of which nothing is configured. */
export const PLAIN_TRAITS: RepositoryTraits = {
  fileRefs: true,
  reflogs: 'existing',
  groupShared: false,
  looseLimit: 6700,
  packLimit: 50,
};
