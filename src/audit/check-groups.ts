import { readPlace } from '../codec/message.ts';
import type { GroupPlace } from '../domain/commands.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import { CommitFindings } from './findings.ts';
import type { Finding } from './rules.ts';

/** The last commit of a group that goes on after it. */
interface OpenGroup {
  place: GroupPlace;
  record: CommitRecord;
}

/** Holds groups against being whole: their commits stand one right after the other, from the first to the last. */
export class GroupCheck {
  /** Groups that go on after a commit, by that commit. */
  readonly #open = new Map<Oid, OpenGroup>();

  /** A commit that is not checked: a group that it is in goes on after it. */
  trust(record: CommitRecord, trailers: ReadonlyMap<string, string>): void {
    const place = readPlace(trailers);
    if (place !== undefined && place.index < place.size) this.#open.set(record.oid, { place, record });
  }

  /** @returns the commit after which a group broke off, where this one shows it */
  check(
    record: CommitRecord,
    trailers: ReadonlyMap<string, string>,
    findings: CommitFindings,
  ): CommitRecord | undefined {
    const { parents } = record;
    const place = parents.length > 1 ? undefined : readPlace(trailers);
    const before = parents.map((parent) => this.#open.get(parent)).find((open) => open !== undefined);
    for (const parent of parents) this.#open.delete(parent);
    const goesOn = place?.id === before?.place.id && place?.size === before?.place.size;
    // Whoever comes after half a group has not broken it off.
    const broken = goesOn ? undefined : before;
    if (broken !== undefined) findings.found.push(...restMissing(broken));
    const next = before !== undefined && goesOn ? before.place.index + 1 : 1;
    if (place !== undefined && place.index !== next)
      findings.add('group', `it is ${describe(place)}, where number ${next} belongs`);
    this.trust(record, trailers);
    return broken?.record;
  }

  /** Groups that do not come to their end. To be asked once all commits are checked. */
  end(): Finding[] {
    return [...this.#open.values()].flatMap(restMissing);
  }
}

function restMissing({ place, record }: OpenGroup): Finding[] {
  const findings = new CommitFindings(record);
  findings.add('group', `the rest is missing after ${describe(place)}`);
  return findings.found;
}

const describe = ({ id, index, size }: GroupPlace): string => `number ${index} of the ${size} of group ${id}`;
