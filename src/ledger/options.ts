import {
  anything,
  callback,
  flag,
  oneOf,
  orNull,
  seconds,
  signal,
  type Table,
  text,
} from '../domain/check-input.ts';
import { LedgerError } from '../domain/errors.ts';
import { toSafeLine } from '../domain/text.ts';
import { faultsOfActor, isActorName } from '../domain/values.ts';
import { nodeCrypto } from '../node.ts';
import type { OnProgress } from '../projection/load.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { LedgerStore } from '../store/port.ts';
import type { Clock, LocalState, Machine } from '../sync/ports.ts';
import { REMOTE, RENAMED } from '../sync/state-keys.ts';
import { displayUrl } from '../trace/mask.ts';

/** `push`: a call returns when the remote has it. `local`: it returns when this clone has it; `sync` shares it. */
export type LedgerMode = 'push' | 'local';

/** Something that whoever runs the program should know, beside what a call returns. */
export interface LedgerNotice {
  /**
   * `CLONE_RENAMED`: what the clone claimed before is set aside. `CLONE_JOINED`: this call made it a clone of the ledger, under
   * the name of an actor. `NAMESAKE`: another clone acts under that name. `CLOCK_AHEAD`: by what the ledger records, another clock is
   * ahead of this clone's, or this one behind; told before anything is committed. `BRANCH_RESTORED`: something else moved the branch
   * away from what was pending, which was put back. `REMOTE_RENAMED`: what was seen of a remote is kept under the name that it has now.
   * `TRUSTED`: this clone joined, and takes what led to the tip that it found as right. `IN_QUESTION`: a commit arrived that breaks a rule.
   */
  code:
    | 'CLONE_RENAMED'
    | 'CLONE_JOINED'
    | 'NAMESAKE'
    | 'CLOCK_AHEAD'
    | 'BRANCH_RESTORED'
    | 'REMOTE_RENAMED'
    | 'TRUSTED'
    | 'IN_QUESTION';
  message: string;
  hint: string | undefined;
}

export interface OpenOptions {
  /** Any directory of a repository. Default: `WL_DIR`, else the working directory. */
  dir?: string | undefined;
  /** Remote's name; `null` for none. Default: `ledger.remote`, `origin`, or the only one. */
  remote?: string | null | undefined;
  /** Who acts where a call names no one. Default: `WL_ACTOR`, `ledger.actor`, git's user. */
  actor?: string | undefined;
  /** `native` needs git on PATH; `isomorphic` runs without it. Default: `native`, or `isomorphic` where `fs` is given. */
  backend?: 'native' | 'isomorphic' | undefined;
  /** Another file system for the isomorphic backend, such as memfs. */
  fs?: unknown;
  /** Default: `ledger.mode`, else `push` where there is a remote. */
  mode?: LedgerMode | undefined;
  /** Writes also what looks like a key or token, which history keeps for good. Default: it is refused. */
  allow_secrets?: boolean | undefined;
  /** Branch of the ledger. Default: `ledger.branch`, else `work-ledger`. */
  branch?: string | undefined;
  /** Seconds that a call waits for a remote that says nothing, and tries a push against others before `CONTENDED`. Default 60. */
  patience_s?: number | undefined;
  /** True where all that is asked of this ledger is one call, as of a program that is run once: then `patience_s` is for all of it. */
  one_call?: boolean | undefined;
  /** Ends the opening as soon as it is aborted, with the signal's reason. It ends no later call: each takes its own. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  onNotice?: ((notice: LedgerNotice) => void) | undefined;
  /** Told how far a long reading is: of open items, of finished ones, of history. */
  onProgress?: OnProgress | undefined;
  /** Told of each commit on this clone's branch that was kept back instead of being shared: the program did not make it. */
  onKeptBack?: ((error: LedgerError) => void) | undefined;
  /** Makes the remote, instead of what the repository's configuration names: for transports of one's own. */
  connect?: ((clone: { store: LedgerStore; state: LocalState }) => LedgerRemote) | undefined;
}

/** The same, to hold a call against. */
export const OPEN = {
  dir: text,
  remote: orNull(text),
  actor: text,
  backend: oneOf(['native', 'isomorphic']),
  fs: anything(),
  mode: oneOf(['push', 'local']),
  branch: text,
  allow_secrets: flag,
  patience_s: seconds,
  one_call: flag,
  signal,
  clock: anything(),
  onNotice: callback(),
  onProgress: callback(),
  onKeptBack: callback(),
  connect: callback(),
} satisfies Record<keyof OpenOptions, unknown> & Table;

export interface InitOptions extends OpenOptions {
  /** Two to eight capital letters. Default `WRK`. */
  prefix?: string | undefined;
}

/** How long a call waits where nobody says. */
export const PATIENCE_S = 60;

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  awake: () => Number(process.hrtime.bigint() / 1_000_000n),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
};

export const systemMachine: Machine = {
  clock: systemClock,
  draw: (count) => nodeCrypto().randomBytes(count),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

/** What a repository's configuration says, whichever library read it. */
export interface RepositoryConfig {
  remotes: ReadonlyMap<string, string>;
  /** Of remotes that are pushed to at another address than they are read from: that one. */
  pushes: ReadonlyMap<string, string>;
  /** `ledger.*`, keys in lower case. */
  settings: ReadonlyMap<string, string>;
  identity: { name: string; email: string };
}

const DEFAULT_BRANCH = 'work-ledger';
/** Such as git accepts for a branch, and nothing that could be read as an option or a refspec. */
const BRANCH = /^(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)|\/\.|\.(?:\/|$)))[A-Za-z0-9_][\w./-]*$/;

/** @throws LedgerError `INVALID_INPUT` where the name could not be a branch's */
export function chooseBranch(options: OpenOptions, config: RepositoryConfig): string {
  const branch = options.branch ?? config.settings.get('branch') ?? DEFAULT_BRANCH;
  if (BRANCH.test(branch) && !branch.endsWith('/')) return branch;
  throw new LedgerError('INVALID_INPUT', `${JSON.stringify(branch)} is not a branch name.`, {
    hint: 'Set another one with: git config ledger.branch work-ledger',
  });
}

const DEFAULT_PRESENCE = 'refs/work-ledger/presence';
const PRESENCE = /^refs\/(?!remotes\/|tags\/)[a-z0-9_-]+(?:\/[a-z0-9_-]+)+$/;

/**
 * Where on the remote it is said who is at work: below `refs/`, and apart from all other refs that a ledger has.
 *
 * @returns `undefined` where it is not to be said
 * @throws LedgerError `INVALID_INPUT`
 */
export function choosePresence({ settings }: RepositoryConfig, branch: string): string | undefined {
  const asked = settings.get('presence') ?? DEFAULT_PRESENCE;
  if (asked === 'none') return undefined;
  const own = asked.startsWith('refs/work-ledger/') && asked !== DEFAULT_PRESENCE;
  const [inside, around] = [`${asked}/`, `refs/heads/${branch}/`];
  const meets = inside.startsWith(around) || around.startsWith(inside);
  if (PRESENCE.test(asked) && !own && !meets) return asked;
  throw new LedgerError('INVALID_INPUT', `ledger.presence is ${JSON.stringify(asked)}, which will not do.`, {
    hint: `A folder of refs in small letters, such as ${DEFAULT_PRESENCE} or refs/heads/presence; or none.`,
  });
}

/**
 * @param state of the clone, which knows the remote again that `git remote rename` gave another name
 * @throws LedgerError `NO_REMOTE` where a remote is named that the repository does not have, or where none of several is known to be the
 *   one that the ledger was shared with
 */
export function chooseRemote(
  options: Pick<OpenOptions, 'remote'>,
  { remotes, pushes, settings }: Pick<RepositoryConfig, 'remotes' | 'pushes' | 'settings'>,
  state?: Pick<LocalState, 'get'>,
): { name: string; url: string; pushUrl: string | undefined } | undefined {
  if (options.remote === null) return undefined;
  const set = settings.get('remote');
  const isPlain = remotes.has(set ?? 'origin') && (set !== undefined || remotes.size === 1);
  const known = options.remote !== undefined || isPlain ? undefined : knownRemote(remotes, state);
  const only = remotes.size === 1 ? [...remotes.keys()][0] : undefined;
  const name = options.remote ?? known?.now ?? set ?? (remotes.has('origin') ? 'origin' : only);
  if (name === undefined && (known === undefined || remotes.size === 0)) return undefined;
  const url = name === undefined ? undefined : remotes.get(name);
  if (name !== undefined && url !== undefined) return { name, url, pushUrl: pushes.get(name) };
  throw new LedgerError(
    'NO_REMOTE',
    `The repository has no remote ${JSON.stringify(name ?? known?.before)}.`,
    {
      hint:
        remotes.size === 0
          ? 'Add one with: git remote add origin URL'
          : `It has: ${[...remotes.keys()].join(', ')}${name === undefined ? '; choose one: git config ledger.remote NAME' : ''}`,
    },
  );
}

/**
 * The remote that this clone was last in contact with: its name then, and, where that has become another's or nobody's, the name of the one
 * that has its address now.
 */
function knownRemote(
  remotes: RepositoryConfig['remotes'],
  state: Pick<LocalState, 'get'> | undefined,
): { before: string; now: string | undefined } | undefined {
  const noted = state?.get(REMOTE);
  if (noted === undefined) return undefined;
  const [before = '', address] = noted.split('\n');
  const same = [...remotes].flatMap(([name, url]) => (displayUrl(url) === address ? [name] : []));
  if (same.includes(before)) return { before, now: state?.get(RENAMED) === before ? before : undefined };
  return { before, now: same.length === 1 ? same[0] : undefined };
}

export function chooseMode(options: OpenOptions, { settings }: RepositoryConfig): LedgerMode {
  const mode = options.mode ?? settings.get('mode') ?? 'push';
  if (mode === 'push' || mode === 'local') return mode;
  throw new LedgerError('INVALID_INPUT', `ledger.mode is ${JSON.stringify(mode)}; it can be push or local.`);
}

/** What makes the mode of a call `local`: the call itself, the repository's configuration, or both. */
export function whyLocal(
  options: OpenOptions,
  { settings }: RepositoryConfig,
): readonly ('call' | 'setting')[] {
  const why: ('call' | 'setting')[] = [];
  if (options.mode === 'local') why.push('call');
  if (settings.get('mode') === 'local') why.push('setting');
  return why;
}

const CHECKS = ['arrivals', 'full', 'off'] as const;
/** What a clone holds against the rules by itself: what arrives; that and all history before; nothing. */
export type LedgerCheck = (typeof CHECKS)[number];

/** @throws LedgerError `INVALID_INPUT` */
export function chooseCheck({ settings }: Pick<RepositoryConfig, 'settings'>): LedgerCheck {
  const asked = settings.get('check') ?? 'arrivals';
  const check = CHECKS.find((one) => one === asked);
  if (check !== undefined) return check;
  throw new LedgerError(
    'INVALID_INPUT',
    `ledger.check is ${JSON.stringify(asked)}; it can be ${CHECKS.join(', ')}.`,
  );
}

/** Whether every commit is to be signed. @throws LedgerError `INVALID_INPUT` for what git would not read as yes or no */
export function chooseSign({ settings }: Pick<RepositoryConfig, 'settings'>): boolean {
  const asked = settings.get('sign') ?? 'false';
  if (/^(true|yes|on|1)$/i.test(asked)) return true;
  if (/^(false|no|off|0)$/i.test(asked)) return false;
  throw new LedgerError('INVALID_INPUT', `ledger.sign is ${JSON.stringify(asked)}; it can be true or false.`);
}

/** @throws LedgerError `INVALID_INPUT` where a name was given that cannot stand in an author line */
export function chooseActor(options: OpenOptions, { settings, identity }: RepositoryConfig): string {
  const asked = options.actor ?? process.env.WL_ACTOR ?? settings.get('actor');
  const actor = asked ?? toSafeLine(identity.name.normalize('NFC').replaceAll(/[<>]/g, ''), 200);
  // What was no UTF-8 text came here as this.
  if (isActorName(actor) && !actor.includes('\uFFFD')) return actor;
  const [fault] = faultsOfActor(actor);
  const why = fault === undefined || actor === '' ? '' : `: it ${fault}`;
  throw new LedgerError('INVALID_INPUT', `${JSON.stringify(actor)} cannot be an actor's name${why}.`, {
    hint: 'Give one with --actor, WL_ACTOR, or: git config ledger.actor NAME',
  });
}
