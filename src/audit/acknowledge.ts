import {
  type AcknowledgedFinding,
  type Acknowledgement,
  decodeAcknowledgement,
  encodeAcknowledgeMessage,
} from '../codec/message.ts';
import type { Request } from '../domain/commands.ts';
import { keysAsked, requireAllowed } from '../domain/policy.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord, LedgerStore, Oid } from '../store/port.ts';
import { readRequest } from './check-settings.ts';
import { CommitFindings } from './findings.ts';
import type { Acknowledged, Finding } from './rules.ts';

/** A commit that acknowledges findings of another. */
export interface Acknowledging extends Acknowledgement {
  /** The commit that does it. */
  record: Pick<CommitRecord, 'oid' | 'message'>;
  request: Request;
}

/**
 * Checks a commit of the verb `acknowledge`, but for what it acknowledges, which is known once everything was looked at.
 *
 * @returns what it acknowledges; `undefined` where it cannot be read
 */
export function checkAcknowledge(
  record: CommitRecord,
  settings: LedgerSettings,
  findings: CommitFindings,
): Acknowledging | undefined {
  const [touched] = record.changes;
  if (touched !== undefined) findings.add('acknowledge', `it touches ${touched.path}`);
  const request = readRequest('acknowledge', record, findings);
  const read = decodeAcknowledgement(record.message);
  if (request === undefined || read === undefined) {
    findings.add('message', 'the message is not one of `acknowledge`');
    return undefined;
  }
  const { actor, op, at } = request;
  if (encodeAcknowledgeMessage(read, { actor, op, at }) !== record.message)
    findings.add('message', 'the message is not as `acknowledge` writes it');
  findings.keys = keysAsked(settings, 'acknowledge', actor, undefined);
  findings.decideAgain(() => requireAllowed(settings, 'acknowledge', actor, undefined));
  const { oid, message } = record;
  return { ...read, record: { oid, message }, request };
}

/** A finding of this version, or of another that had other rules. */
type Found = Omit<Finding, 'rule'> & { rule: string };

/** What was found, apart from what somebody answers for. */
export interface Settled<F extends Found = Finding> {
  open: (F | Finding)[];
  acknowledged: ((F | Finding) & Pick<Acknowledged, 'by'>)[];
}

/**
 * Takes out of `found` what is acknowledged, and adds what is wrong with acknowledgements. One that is wrong itself acknowledges
 * nothing.
 *
 * @param acknowledging in the order of history
 * @param isKnown whether a commit was held against the rules, now or before; what was trusted may be right or wrong
 * @param before what was acknowledged before, and is known still
 */
export async function settle<F extends Found = Finding>(
  store: Pick<LedgerStore, 'mergeBase'>,
  found: readonly F[],
  acknowledging: readonly Acknowledging[],
  isKnown: (commit: Oid) => boolean,
  before: readonly Acknowledged[] = [],
): Promise<Settled<F>> {
  let open: (F | Finding)[] = [...found];
  const acknowledged = new Map<string, Settled<F>['acknowledged'][number]>(
    before.map((finding) => [keyOf(finding), finding]),
  );
  for (const one of acknowledging) {
    const { record, commit, request, reason } = one;
    const wrong = new CommitFindings(record);
    const isBefore = commit !== record.oid && (await reaches(store, commit, record.oid));
    if (!isBefore) wrong.add('acknowledge', `it does not build on ${commit.slice(0, 12)}`);
    else if (isKnown(commit)) {
      for (const named of one.findings)
        if (![...open, ...acknowledged.values()].some((finding) => isNamed(finding, commit, named)))
          wrong.add('acknowledge', `${describe(named)} was not found at ${commit.slice(0, 12)}`);
    }
    open.push(...wrong.found);
    if (open.some((finding) => finding.commit === record.oid)) continue;
    const isMeant = (finding: Found) => one.findings.some((named) => isNamed(finding, commit, named));
    const by = { commit: record.oid, actor: request.actor, at: request.at, reason };
    for (const finding of open.filter(isMeant)) acknowledged.set(keyOf(finding), { ...finding, by });
    open = open.filter((finding) => !isMeant(finding));
  }
  return { open, acknowledged: [...acknowledged.values()] };
}

async function reaches(store: Pick<LedgerStore, 'mergeBase'>, older: Oid, newer: Oid): Promise<boolean> {
  try {
    return (await store.mergeBase(older, newer)) === older;
  } catch {
    // Each store says in its own way that there is no such commit.
    return false;
  }
}

const keyOf = ({ commit, rule, id, message }: Found): string => JSON.stringify([commit, rule, id, message]);

const isNamed = (finding: Found, commit: Oid, { rule, id }: AcknowledgedFinding): boolean =>
  finding.commit === commit && finding.rule === rule && finding.id === id;

const describe = ({ rule, id }: AcknowledgedFinding): string =>
  id === undefined ? rule : `${rule} of ${id}`;
