// Whose SSH keys are whose: the file of allowed signers, as ssh-keygen(1) tells it, and how git asks it.
import { matches } from '../../domain/policy-rules.ts';
import { fingerprintOf, fromBase64, type SshKeys } from './ssh-signature.ts';

interface SignerLine {
  /** Names and patterns of names; with `!`, of those that are left out. */
  names: readonly string[];
  fingerprint: string;
  /** Its key speaks for the keys of certificates, and not for itself. */
  isAuthority: boolean;
  namespaces: readonly string[] | undefined;
  /** Seconds since 1970, as if the time stood there in UTC. */
  after: number | undefined;
  before: number | undefined;
}

export interface AllowedSigners {
  lines: readonly SignerLine[];
  /** False where ssh-keygen may make something of a line of which nothing is made here. */
  isClear: boolean;
}

/** Whose a key is. `refused`: somebody's, and not for what it signed. */
export type Owner = { kind: 'known'; signer: string } | { kind: 'unknown' } | { kind: 'refused' };

const NAMESPACE = 'git';

const KEY = String.raw`([a-z][\w@.-]+)[ \t]+([A-Za-z0-9+/]+=*)(?:[ \t].*)?`;
const OPTIONS = String.raw`(?:([a-z][a-z-]*(?:="[^"\\]*")?(?:,[a-z-]+(?:="[^"\\]*")?)*)[ \t]+)?`;
const LINE = new RegExp(String.raw`^[ \t]*(?:"([^"\\]+)"|([^ \t"\\#][^ \t"\\]*))[ \t]+${OPTIONS}${KEY}\r?$`);
const BLANK = /^[ \t]*(?:#.*)?\r?$/;
/** No `?`, which stands for any character in ssh-keygen alone; nothing that some version shows in another way. */
const NAME = /^!?[^\p{Cc} "\\?,\ufffd](?:[^\p{Cc}"\\?,\ufffd]*[^\p{Cc} "\\?,\ufffd])?$/u;
const LONGEST_NAME = 1_000;
/** In a line; what holds each against all is git's. */
const MOST_NAMES = 100;

export function readAllowedSigners(text: string, keys: SshKeys): AllowedSigners {
  const lines: SignerLine[] = [];
  let isClear = !text.includes('\0');
  for (const line of text.split('\n')) {
    if (BLANK.test(line)) continue;
    const [, quoted, bare, options = '', type = '', base64 = ''] = LINE.exec(line) ?? [];
    const names = (quoted ?? bare ?? '').split(',');
    const given = readOptions(options);
    const blob = fromBase64(base64);
    isClear &&= given !== undefined && areNames(names) && keys.readText(type, base64) !== undefined;
    if (given !== undefined && blob !== undefined)
      lines.push({ names, fingerprint: fingerprintOf(blob), ...given });
  }
  return { lines, isClear };
}

const areNames = (names: readonly string[]): boolean =>
  names.length <= MOST_NAMES && names.every((name) => name.length <= LONGEST_NAME && NAME.test(name));

const OPTION = /(?:^|,)([a-z-]+)(?:="([^"]*)")?/g;

function readOptions(text: string): Omit<SignerLine, 'names' | 'fingerprint'> | undefined {
  const given = new Map<string, string | undefined>();
  for (const [, name = '', value] of text.matchAll(OPTION)) {
    const isFlag = name === 'cert-authority';
    const isKnown = isFlag || name === 'namespaces' || name === 'valid-after' || name === 'valid-before';
    if (!isKnown || given.has(name) || (value === undefined) !== isFlag) return undefined;
    given.set(name, value);
  }
  const [after, before] = [given.get('valid-after'), given.get('valid-before')].map((time) =>
    time === undefined ? undefined : readTime(time),
  );
  if (Number.isNaN(after) || Number.isNaN(before)) return undefined;
  if (after !== undefined && before !== undefined && before <= after + DAY) return undefined;
  const namespaces = given.get('namespaces')?.split(',');
  if (namespaces !== undefined && !areNames(namespaces)) return undefined;
  return { isAuthority: given.has('cert-authority'), namespaces, after, before };
}

const TIME = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?Z?$/;
const EARLIEST = Date.UTC(1971) / 1000;

/** @returns NaN where it is no time, or one that ssh-keygen would take for another */
function readTime(text: string): number {
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00'] =
    TIME.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(iso);
  const isTime = !Number.isNaN(time.getTime()) && time.toISOString() === iso;
  return isTime && time.getTime() / 1000 >= EARLIEST ? time.getTime() / 1000 : Number.NaN;
}

/** A time without `Z` is of the zone of whoever looks, and so is the time that git tells: the zones of the world are nearer. */
const DAY = 24 * 60 * 60;

/** Whether a line's time has come and not gone; `undefined` where that is a matter of zones. */
function isInTime({ after, before }: SignerLine, at: number): boolean | undefined {
  const near = [after, before].some((edge) => edge !== undefined && Math.abs(at - edge) <= DAY);
  if (near) return undefined;
  return (after === undefined || at > after) && (before === undefined || at < before);
}

/**
 * Whose key signed something for git at a time (seconds since 1970), as git finds it: the first name, of the first line with this key
 * that is in time, for which some line lets the key sign.
 *
 * @returns `undefined` where only ssh-keygen can tell
 */
export function ownerOf(
  { lines, isClear }: AllowedSigners,
  fingerprint: string,
  at: number,
): Owner | undefined {
  const of = lines.filter((line) => line.fingerprint === fingerprint && !line.isAuthority);
  if (!isClear || of.some((line) => isInTime(line, at) === undefined)) return undefined;
  const inTime = of.filter((line) => isInTime(line, at));
  const [first] = inTime;
  if (first === undefined) return { kind: 'unknown' };
  const signer = first.names.find((name) =>
    inTime.some((line) => isListed(name, line.names) && isForGit(line)),
  );
  return signer === undefined ? { kind: 'refused' } : { kind: 'known', signer };
}

/**
 * All names of the lines that let this key sign for `signer` at that time, with those that they leave out: git tells the first name alone.
 */
export function namesOf(
  { lines }: AllowedSigners,
  { fingerprint, signer, at }: { fingerprint: string; signer: string; at: number },
): string[] {
  const names = lines
    .filter(
      (line) =>
        line.fingerprint === fingerprint &&
        !line.isAuthority &&
        line.names.includes(signer) &&
        isForGit(line) &&
        isInTime(line, at) !== false,
    )
    .flatMap((line) => line.names);
  return [...new Set(names)];
}

const isForGit = ({ namespaces }: SignerLine): boolean =>
  namespaces === undefined || isListed(NAMESPACE, namespaces);

/** Whether a list of patterns has the name, and leaves it out nowhere. */
function isListed(name: string, patterns: readonly string[]): boolean {
  const found = patterns.filter((pattern) => matches(pattern.replace(/^!/, ''), name));
  return found.length > 0 && !found.some((pattern) => pattern.startsWith('!'));
}

const REVOKED = new RegExp(String.raw`^[ \t]*${KEY}$`);

/**
 * The keys of a list of those that were revoked.
 *
 * @returns their fingerprints; `undefined` where ssh-keygen may find others in it, as in one that it made itself (`ssh-keygen -k`)
 */
export function readRevoked(text: string, keys: SshKeys): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    const [, type = '', base64 = ''] = REVOKED.exec(line) ?? [];
    const key = keys.readText(type, base64);
    if (key === undefined) return undefined;
    found.add(key.fingerprint);
  }
  return text.includes('\0') ? undefined : found;
}
