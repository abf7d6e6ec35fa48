import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { openRepository } from '../git/repository.ts';
import {
  addressIn,
  type HostedRepository,
  type MergeRequest,
  openRequestIn,
  type ReviewHost,
  repositoryAt,
} from '../hosts/host.ts';
import { HOSTS, type Host, hostOf, REVIEW_HOSTS } from '../hosts/list.ts';
import { connectionOf } from '../ledger/connection.ts';
import { inTime, oneCall } from '../ledger/in-time.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Review } from './list.ts';
import { pageOf, titleOf } from './page.ts';

/** Where a pull request is, or is to be made. */
export interface OpenedRequest {
  /** `made` now, `found` open already, or left to a person by a `link`. */
  kind: 'made' | 'found' | 'link';
  /** `null` where nobody knows what the remote's host is. */
  url: string | null;
  base: string;
  head: string;
  title: string;
  /** Holds the text of the request. */
  body_file: string;
  /** Why no program made it. */
  reason: string | null;
}

/**
 * Makes the pull request of a proposal, by the program of the remote's host where there is one and it answers in time; else writes its
 * text to a file, and tells where a person makes it. Asks no shell, and stores nothing but the file.
 *
 * @param env where programs are looked for, by `PATH`
 * @throws LedgerError `VERIFICATION_FAILED` where the branch does not propose the item as it stands; `INVALID_INPUT` for an unknown
 *   `ledger.host`
 */
export async function openRequest(
  ledger: WorkLedger,
  review: Review,
  env: NodeJS.ProcessEnv,
): Promise<OpenedRequest> {
  const connection = oneCall(connectionOf(ledger));
  const { item, proposal } = review;
  if (item === undefined || proposal === null || connection.local === undefined) throw notCurrent(review);
  const body = await pageOf(ledger, { before: item, ...proposal });
  const body_file = join(connection.local, 'reviews', `${review.id}.md`);
  await mkdir(dirname(body_file), { recursive: true });
  await writeFile(body_file, body);
  const title = titleOf(proposal.event);
  const request: MergeRequest = { base: connection.branch, head: review.branch, title, body, body_file };
  const { base, head } = request;
  const told = { base, head, title, body_file };
  const { settings } = await openRepository(connection.place);
  const repository = repositoryAt(connection.remote?.url ?? '');
  const host = chooseHost(settings.get('host'), repository);
  if (host === undefined || repository === undefined)
    return {
      kind: 'link',
      url: null,
      ...told,
      reason: 'the host of the remote is not known: git config ledger.host',
    };
  // Beside the work tree's files, as where a person would call it.
  const cwd = basename(connection.place) === '.git' ? dirname(connection.place) : connection.place;
  const asked = await inTime(connection, (time) => {
    const left = (): number => time?.left() ?? connection.patience;
    return ask(REVIEW_HOSTS[host], repository, request, { cwd, env, left });
  });
  if ('url' in asked) return { ...told, ...asked, reason: null };
  const url = REVIEW_HOSTS[host].link(repository, request);
  return { kind: 'link', url, ...told, reason: asked.reason };
}

const notCurrent = ({ id, branch, state, findings }: Review): LedgerError =>
  new LedgerError(
    'VERIFICATION_FAILED',
    `${branch} does not propose ${id} as it stands: ${findings[0]?.message ?? `it is ${state}`}.`,
    { hint: `Make it anew: wl review refresh ${id}`, details: { id, state, findings } },
  );

function chooseHost(asked: string | undefined, repository: HostedRepository | undefined): Host | undefined {
  if (asked === undefined) return repository && hostOf(repository);
  const known = HOSTS.find((one) => one === asked);
  if (known !== undefined) return known;
  throw new LedgerError('INVALID_INPUT', `ledger.host is ${JSON.stringify(asked)}, which is no host.`, {
    hint: `It can be: ${HOSTS.join(', ')}`,
  });
}

interface Surroundings {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** How long the program may still take, in milliseconds. */
  left(): number;
}

async function ask(
  host: ReviewHost,
  repository: HostedRepository,
  request: MergeRequest,
  where: Surroundings,
): Promise<{ kind: 'made' | 'found'; url: string } | { reason: string }> {
  const listed = await run(host.program, host.list(repository, request), where);
  if (!listed.ok) return { reason: listed.reason };
  const found = openRequestIn(host, listed.said, request);
  if (found !== undefined) return { kind: 'found', url: found };
  const made = await run(host.program, host.create(repository, request), where);
  if (!made.ok) return { reason: made.reason };
  const url = addressIn(made.said);
  return url === undefined ? { reason: `${host.program} did not say where it is` } : { kind: 'made', url };
}

function run(
  program: string,
  args: readonly string[],
  { cwd, env, left }: Surroundings,
): Promise<{ ok: true; said: string } | { ok: false; reason: string }> {
  const options = { cwd, env, maxBuffer: 8 * 1024 * 1024, windowsHide: true };
  const ms = left();
  return new Promise((resolve) => {
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      clearTimeout(late);
      if (isLate)
        return resolve({ ok: false, reason: `${program} said nothing for ${Math.round(ms / 1000)} s` });
      if (error === null) return resolve({ ok: true, said: stdout });
      const isAbsent = 'code' in error && error.code === 'ENOENT';
      const [words = error.message] = stderr.split('\n').filter((line) => line.trim() !== '');
      resolve({
        ok: false,
        reason: isAbsent ? `${program} is not installed` : `${program}: ${words.trim()}`,
      });
    });
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
      // What it started may hold them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, ms);
    child.stdin?.end();
  });
}
