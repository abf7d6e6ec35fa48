import { readPlace } from '../codec/message.ts';
import type { GroupPlace } from '../domain/commands.ts';
import type { CommitRecord, Oid } from '../store/port.ts';
import { CommitFindings } from './findings.ts';
import type { Finding } from './rules.ts';

/** Holds groups against being whole: their commits stand one right after the other, from the first to the last. */
export class GroupCheck {
  /** Groups that go on after a commit, by that commit. */
  readonly #open = new Map<Oid, { place: GroupPlace; record: CommitRecord }>();

  /** A commit that is not checked: a group that it is in goes on after it. */
  trust(record: CommitRecord, trailers: ReadonlyMap<string, string>): void {
    const place = readPlace(trailers);
    if (place !== undefined && place.index < place.size) this.#open.set(record.oid, { place, record });
  }

  check(record: CommitRecord, trailers: ReadonlyMap<string, string>, findings: CommitFindings): void {
    const { parents } = record;
    const place = parents.length > 1 ? undefined : readPlace(trailers);
    const before = parents.map((parent) => this.#open.get(parent)?.place).find((open) => open !== undefined);
    for (const parent of parents) this.#open.delete(parent);
    const next = before === undefined ? 1 : before.index + 1;
    const goesOn = before === undefined || (place?.id === before.id && place.size === before.size);
    if (before !== undefined && !goesOn)
      findings.add('group', `it stands in the middle of ${describe(before)}`);
    else if (place !== undefined && place.index !== next)
      findings.add('group', `it is ${describe(place)}, where number ${next} belongs`);
    this.trust(record, trailers);
  }

  /** Groups that do not come to their end. To be asked once all commits are checked. */
  end(): Finding[] {
    return [...this.#open.values()].flatMap(({ place, record }) => {
      const findings = new CommitFindings(record);
      findings.add('group', `the rest is missing after ${describe(place)}`);
      return findings.found;
    });
  }
}

const describe = ({ id, index, size }: GroupPlace): string => `number ${index} of the ${size} of group ${id}`;
