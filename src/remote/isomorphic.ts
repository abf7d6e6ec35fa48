import git, { type AuthCallback } from 'isomorphic-git';
import { LedgerError } from '../domain/errors.ts';
import { isAncestor } from '../git/ancestry.ts';
import { installPack } from '../git/install-pack.ts';
import { missingObjects } from '../git/missing-objects.ts';
import { demultiplex, encodeLine, FLUSH } from '../git/pkt-line.ts';
import { type Advertisement, SmartHttp } from '../git/smart-http.ts';
import type { IsomorphicStore } from '../store/isomorphic.ts';
import type { Oid } from '../store/port.ts';
import type { FetchResult, LedgerRemote, PushResult } from './port.ts';
import { readPushFailure, readPushReport } from './push-report.ts';
import { advanceSeen, showTip } from './seen.ts';

export interface IsomorphicRemoteOptions {
  store: IsomorphicStore;
  name: string;
  /** http or https. A user and a password in it are used, and shown nowhere. */
  url: string;
  branch: string;
  seenRef: string;
  /** Asked for a user and a password where the server wants them and `url` has none. */
  onAuth?: AuthCallback | undefined;
  timeoutMs?: number | undefined;
}

const NOTHING = '0'.repeat(40);

/**
 * A remote over http or https, without the git program.
 *
 * The wire is spoken here and not by the library's `fetch` and `push`: those move refs before the objects are there, and by
 * force; they fail where the remote has no `HEAD`; and they push on top of whatever they find, not of what was seen.
 */
export class IsomorphicRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly seenRef: string;
  readonly #store: IsomorphicStore;
  readonly #http: SmartHttp;
  readonly #target: string;
  readonly #shownRef: string;

  /** @throws LedgerError `INVALID_INPUT` where `url` is no http or https address */
  constructor({ store, name, url, branch, seenRef, onAuth, timeoutMs }: IsomorphicRemoteOptions) {
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new LedgerError('INVALID_INPUT', `The remote ${name} is not at an http or https address.`, {
        hint: 'Without the git program, a remote is reached over https alone.',
      });
    }
    this.#store = store;
    this.#http = new SmartHttp({ url, onAuth, timeoutMs });
    this.#target = `refs/heads/${branch}`;
    this.#shownRef = `refs/remotes/${name}/${branch}`;
    this.name = name;
    this.url = this.#http.url;
    this.seenRef = seenRef;
  }

  async fetch(): Promise<FetchResult> {
    // Read first: what was seen before asking must be in what the remote has when it is asked.
    const seen = await this.#store.readRef(this.seenRef);
    let found: Oid | undefined;
    try {
      const advertisement = await this.#http.discover('git-upload-pack');
      found = advertisement.refs.get(this.#target);
      if (found !== undefined && found !== seen) await this.#download(advertisement, found, seen);
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      return { kind: 'unreachable', cause: cause instanceof Error ? cause : new Error(String(cause)) };
    }
    if (found === undefined) {
      return seen === undefined ? { kind: 'ok', tip: undefined } : { kind: 'rewritten', seen, found };
    }
    if (seen !== undefined && !(await isAncestor(this.#store.objects, seen, found))) {
      return { kind: 'rewritten', seen, found };
    }
    return { kind: 'ok', tip: await this.#advance(found) };
  }

  async push(tip: Oid): Promise<PushResult> {
    const seen = await this.#store.readRef(this.seenRef);
    try {
      const { refs, capabilities } = await this.#http.discover('git-receive-pack');
      const current = refs.get(this.#target);
      if (current !== tip) {
        // Pushing on top of anything but what was seen would mend a rewritten branch without a word.
        if (current !== seen) return { kind: 'behind' };
        if (seen !== undefined && !(await isAncestor(this.#store.objects, seen, tip)))
          return { kind: 'behind' };
        const result = await this.#upload(capabilities, seen, tip);
        if (result.kind !== 'accepted') return result;
      }
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      return readPushFailure(error);
    }
    await this.#advance(tip);
    return { kind: 'accepted' };
  }

  async #download({ capabilities }: Advertisement, want: Oid, seen: Oid | undefined): Promise<void> {
    const wanted = choose(capabilities, ['side-band-64k', 'ofs-delta', 'no-progress']);
    const haves = await this.#haves(seen);
    const request = [
      encodeLine(`want ${want} ${wanted}\n`),
      FLUSH,
      ...haves.map((oid) => encodeLine(`have ${oid}\n`)),
      encodeLine('done\n'),
    ];
    const answer = await this.#http.call(
      'git-upload-pack',
      request.map((part) => Buffer.from(part)),
    );
    await installPack(this.#store.objects, demultiplex(answer).payload);
  }

  /** Refs are durable and whole, which objects that merely lie here need not be. */
  async #haves(seen: Oid | undefined): Promise<Oid[]> {
    const refs = await Promise.all([this.#target, this.#shownRef].map((ref) => this.#store.readRef(ref)));
    return [...new Set([seen, ...refs].filter((oid) => oid !== undefined))];
  }

  /** The server compares and swaps: it takes the pack only where the branch is still at `seen`. */
  async #upload(capabilities: ReadonlySet<string>, seen: Oid | undefined, tip: Oid): Promise<PushResult> {
    const wanted = choose(capabilities, ['report-status', 'side-band-64k']);
    const { fs, gitdir, cache } = this.#store.objects;
    const oids = await missingObjects(this.#store.objects, tip, seen);
    const { packfile } = await git.packObjects({ fs, gitdir, cache, oids });
    const command = `${seen ?? NOTHING} ${tip} ${this.#target}\0 ${wanted}`;
    const request = [encodeLine(command), Buffer.from(FLUSH), packfile ?? new Uint8Array()];
    const { payload, said } = demultiplex(await this.#http.call('git-receive-pack', request));
    return readPushReport(payload, this.#target, said);
  }

  async #advance(tip: Oid): Promise<Oid> {
    const seen = await advanceSeen(this.#store, this.seenRef, tip);
    await showTip(this.#store, this.#shownRef, seen);
    return seen;
  }
}

/** Some hosts hang up on a capability that they did not offer. */
function choose(offered: ReadonlySet<string>, wanted: readonly string[]): string {
  const agreed = wanted.filter((capability) => offered.has(capability));
  return [...agreed, ...(offered.has('agent') ? ['agent=work-ledger'] : [])].join(' ');
}
