// Git's protocol over HTTP: what a server is asked, and what it says of a push.

import git, {
  type AuthCallback,
  type GitAuth,
  type GitHttpRequest,
  type GitHttpResponse,
  type HttpClient,
} from 'isomorphic-git';
// The client on `fetch`: the one on node's streams waits for ever when a connection breaks between two reads.
import { request } from 'isomorphic-git/http/web';
import { asError } from '../domain/errors.ts';
import { trimSlashes } from '../domain/text.ts';
import { isRefName } from '../git/refs/ref-files.ts';
import type { Patience, PushResult } from '../remote/port.ts';
import { displayUrl } from '../trace/mask.ts';
import { decodeLines, ENDS_EARLY, FLUSH } from './pkt-line.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

export interface SmartHttpOptions {
  /** User and password in it are used when the server asks, and are shown nowhere. */
  url: string;
  onAuth?: AuthCallback | undefined;
}

export interface Advertisement {
  refs: ReadonlyMap<string, string>;
  capabilities: ReadonlySet<string>;
}

/** The server's answer was no success: `401` and `403` mean that rights are missing. */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly status: number;

  constructor(status: number, text: string) {
    super(`the server answered ${status} ${text}`.trim());
    this.status = status;
  }
}

/** Nothing was heard for as long as the caller waits. */
class TimeLimit extends Error {
  override readonly name = 'TimeLimit';
  readonly ms: number;

  /** @param ms 0 where nothing was asked */
  constructor(ms: number) {
    super(ms > 0 ? `nothing was heard for ${Math.round(ms / 1000)} s` : 'no time is left');
    this.ms = ms;
  }
}

/** Of a list of refs: some hundred thousand. */
const MOST_LISTED = 64 * 1024 * 1024;
/** Of a pack: what a ledger has after millions of transitions. */
const MOST_ANSWERED = 1024 * 1024 * 1024;

/** A repository that is reached by git's smart protocol over http or https. */
export class SmartHttp {
  /** Without user and password. */
  readonly url: string;
  readonly #onAuth: AuthCallback;
  #base: string;
  #auth: GitAuth | undefined;

  /** @throws TypeError where `url` is no address */
  constructor({ url, onAuth }: SmartHttpOptions) {
    const { base, auth } = splitUserinfo(url);
    this.url = base;
    this.#base = base;
    this.#onAuth = async (address, before) => {
      this.#auth = auth ?? (await onAuth?.(address, before)) ?? undefined;
      return this.#auth;
    };
  }

  /** What the server has and can do. @throws HttpStatusError, or what the network reports */
  async discover(service: Service, patience: Patience): Promise<Advertisement> {
    const http: HttpClient = {
      request: async (message) => {
        const { answer, body } = await ask(message, patience, MOST_LISTED);
        this.#follow(answer.url, service);
        // The library takes a list of refs that breaks off for a list that ends: a branch would seem to be gone.
        const isList = answer.headers?.['content-type'] === `application/x-${service}-advertisement`;
        if (isList && !body.toString('latin1').endsWith(FLUSH)) throw new RangeError(ENDS_EARLY);
        return { ...answer, body: iterate([body]) };
      },
    };
    try {
      const info = await git.getRemoteInfo2({
        http,
        url: this.url,
        onAuth: this.#onAuth,
        headers: authorization(this.#auth),
        forPush: service === 'git-receive-pack',
        protocolVersion: 1,
      });
      if (info.protocolVersion !== 1) throw new Error('the server speaks only version 2 of the protocol');
      // A name that git would not have made is nobody's, and is to reach no path.
      const named = (info.refs ?? []).filter(({ ref }) => isRefName(ref));
      const refs = new Map(named.map(({ ref, oid }) => [ref, oid]));
      return { refs, capabilities: new Set(Object.keys(info.capabilities)) };
    } catch (error) {
      if (!(error instanceof git.Errors.HttpError)) throw error;
      // A password that the server did not take is not tried again: whoever gave it is asked anew.
      this.#auth = undefined;
      throw new HttpStatusError(error.data.statusCode, error.data.statusMessage);
    }
  }

  /** @returns the whole answer @throws HttpStatusError, or what the network reports */
  async call(service: Service, sent: readonly Uint8Array[], patience: Patience): Promise<Uint8Array> {
    const headers = {
      'content-type': `application/x-${service}-request`,
      accept: `application/x-${service}-result`,
      ...authorization(this.#auth),
    };
    const message = {
      url: `${this.#base}/${service}`,
      method: 'POST',
      headers,
      body: iterate([Buffer.concat(sent)]),
    };
    const { answer, body } = await ask(message, patience, MOST_ANSWERED);
    if (answer.statusCode !== 200) throw new HttpStatusError(answer.statusCode, answer.statusMessage);
    return body;
  }

  /** A repository that was renamed answers from its new address; credentials go to no other host for that. */
  #follow(answered: string, service: Service): void {
    const suffix = `/info/refs?service=${service}`;
    if (!answered.endsWith(suffix) || new URL(answered).origin !== new URL(this.url).origin) return;
    this.#base = answered.slice(0, -suffix.length);
  }
}

function splitUserinfo(address: string): { base: string; auth: GitAuth | undefined } {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const base = trimSlashes(url.toString());
  if (username === '' && password === '') return { base, auth: undefined };
  return { base, auth: { username: decode(username), password: decode(password) } };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function authorization(auth: GitAuth | undefined): Record<string, string> {
  if (auth === undefined) return {};
  const { username = '', password = '', headers = {} } = auth;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  return { ...(username || password ? { Authorization: `Basic ${basic}` } : {}), ...headers };
}

/**
 * Sends a message, and reads the whole answer.
 *
 * @throws RangeError where that has more than `most` bytes; TimeLimit where nothing more came in time
 */
async function ask(
  message: GitHttpRequest,
  patience: Patience,
  most: number,
): Promise<{ answer: GitHttpResponse; body: Buffer }> {
  const given = new AbortController();
  const heard = patience.transfer();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    const ms = patience.left();
    timer = setTimeout(() => given.abort(new TimeLimit(ms)), ms);
  };
  const give = (): void => given.abort(patience.signal?.reason);
  patience.signal?.addEventListener('abort', give);
  if (patience.left() <= 0) throw new TimeLimit(0);
  const unwatch = patience.watch(wait);
  try {
    wait();
    const answer = await request({ ...message, signal: given.signal });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body ?? []) {
      heard();
      wait();
      chunks.push(chunk);
      length += chunk.length;
      if (length > most) throw new RangeError(`the server answered more than ${most} bytes`);
    }
    return { answer, body: Buffer.concat(chunks) };
  } finally {
    clearTimeout(timer);
    unwatch();
    patience.signal?.removeEventListener('abort', give);
  }
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncIterableIterator<Uint8Array> {
  yield* chunks;
}

/** Someone else was first, in the words of git's versions and of hosts that are not git. */
const BEHIND =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|reference (?:already exists|does not exist)|incorrect old value/i;
const REFUSED = /declined|protected|prohibited|denied|deny|not allowed|not permitted|forbidden|unauthorized/i;
/** Of a ref that is not moved since another one of the same push is not. */
const WITH_ANOTHER = /atomic push failure|atomic transaction failed/;
const MISSING_RIGHTS = new Set([401, 403]);
const LINES_TO_QUOTE = 5;

/**
 * What the server's report on one ref says.
 *
 * @param report the lines of `report-status`
 * @param said what hooks printed
 */
export function readPushReport(report: Uint8Array, ref: string, said: string): PushResult {
  const lines = [...decodeLines(report)].map((line) => line?.toString().trim() ?? '');
  if (lines.includes(`ok ${ref}`)) return { kind: 'accepted' };
  const own = lines.find((line) => line.startsWith(`ng ${ref} `))?.slice(`ng ${ref} `.length) ?? '';
  // One ref stopped the others, or the server says what did beside its report.
  const isWithAnother = WITH_ANOTHER.test(own);
  const cause = isWithAnother
    ? lines.find((line) => line.startsWith('ng ') && !WITH_ANOTHER.test(line))
    : undefined;
  const reason = cause?.replace(/^ng \S+ /, '') ?? own;
  const words = displayUrl([reason, ...quote(said)].join(': '));
  if (BEHIND.test(isWithAnother && cause === undefined ? words : reason))
    return { kind: 'behind', reason: words };
  if (isWithAnother || REFUSED.test(reason)) return { kind: 'refused', reason: words };
  return {
    kind: 'unknown',
    cause: new Error(displayUrl(lines.filter((line) => line !== '').join('; ')) || 'no report'),
  };
}

/** What an attempt that got no report comes to: missing rights are told, and all else leaves open what happened. */
export function readPushFailure(error: unknown): PushResult {
  if (error instanceof HttpStatusError && MISSING_RIGHTS.has(error.status)) {
    return { kind: 'denied', reason: error.message };
  }
  const isSent = !(error instanceof TimeLimit && error.ms === 0);
  return { kind: isSent ? 'unknown' : 'unreachable', cause: asError(error) };
}

function quote(said: string): string[] {
  const lines = said.split(/[\r\n]+/).map((line) => line.trim());
  return lines.filter((line) => line !== '').slice(0, LINES_TO_QUOTE);
}

/** Before anything was sent, nothing can have been taken. */
export function readDiscoveryFailure(error: unknown): PushResult {
  const failure = readPushFailure(error);
  return failure.kind === 'unknown' ? { kind: 'unreachable', cause: failure.cause } : failure;
}

/** Some hosts hang up on a capability that they did not offer. */
export function choose(offered: ReadonlySet<string>, wanted: readonly string[]): string {
  const agreed = wanted.filter((capability) => offered.has(capability));
  return [...agreed, ...(offered.has('agent') ? ['agent=work-ledger'] : [])].join(' ');
}
