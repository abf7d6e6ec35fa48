import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { toSafeLine } from '../domain/text.ts';
import type { CommitRecord, TreeFault } from '../store/port.ts';
import type { Finding, Rule, RuleName } from './rules.ts';

const LONGEST = 500;

/** What is wrong with one commit. Its texts are made safe to print: they come from whoever made it. */
export class CommitFindings {
  readonly found: Finding[] = [];
  readonly #record: Pick<CommitRecord, 'oid' | 'message'>;
  /** The item that later findings are about. */
  id: WorkId | undefined;
  /** Lists of keys, of each of which one has to have signed the commit. */
  keys: readonly (readonly string[])[] = [];
  /** It follows by itself from what others did, and any clone may make it, in their name. */
  follows = false;

  constructor(record: Pick<CommitRecord, 'oid' | 'message'>) {
    this.#record = record;
  }

  add(rule: Rule, message: string): void {
    const { oid, message: text } = this.#record;
    const subject = toSafeLine(text.slice(0, LONGEST).split('\n')[0] ?? '', LONGEST);
    this.found.push({ commit: oid, rule, message: toSafeLine(message, LONGEST), id: this.id, subject });
  }

  /** Decides something again; where it is refused, that is a finding. */
  decideAgain<T>(decide: () => T): T | undefined {
    try {
      return decide();
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      this.add(`illegal:${error.code}`, error.message);
      return undefined;
    }
  }

  has(name: RuleName): boolean {
    return this.found.some(({ rule }) => rule === name || rule.startsWith(`${name}:`));
  }
}

export const describeFault = ({ path, mode }: Pick<TreeFault, 'path' | 'mode'>): string =>
  `the entry ${JSON.stringify(path)}, of mode ${mode}, is not as git would write it`;
