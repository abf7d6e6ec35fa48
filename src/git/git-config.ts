import { LedgerError } from '../domain/errors.ts';
import { PLAIN_TRAITS, type RepositoryTraits } from './traits.ts';

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
  const remotes = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const { key, value = '' } of entries) {
    if (key.startsWith('ledger.')) settings.set(key.slice('ledger.'.length).toLowerCase(), value);
    const [, remote] = /^remote\.(.*)\.url$/s.exec(key) ?? [];
    if (remote !== undefined && !remotes.has(remote)) remotes.set(remote, value);
  }
  const [name, email] = [last.get('user.name'), last.get('user.email')];
  return {
    remotes: [...remotes],
    settings: [...settings],
    user: { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }) },
    traits: traitsFrom(last),
  };
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
