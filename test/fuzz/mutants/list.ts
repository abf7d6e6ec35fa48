import type { Mutant as OneMutant } from '../../simulation/mutants/list.ts';

const PAGE = 'the hook takes what the page refuses';

/** A rule left out, and the beginning of the failure that has to tell of it. */
interface Mutant extends OneMutant {
  oracle: string;
  /** Mutations that can show it, in the words of a plan: other cases are not tried. */
  shown_by: RegExp;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the revision of an item is not looked at',
    shown_by: /another revision/,
    file: 'audit/check-transition.ts',
    from: 'if (rev !== expected) findings.add',
    to: 'if (rev < 0) findings.add',
    oracle: `${PAGE}: another revision`,
  },
  {
    name: 'a transition may be applied twice',
    shown_by: /another op|forged/,
    file: 'audit/check-commit.ts',
    from: "if (earlier !== undefined) found.add('op',",
    to: 'if (earlier !== undefined) void (',
    oracle: `${PAGE}: an op twice`,
  },
  {
    name: 'anyone may be the author',
    shown_by: /another author|odd characters/,
    file: 'audit/check-times.ts',
    from: 'if (author.name !== actor)',
    to: 'if (author.name === undefined)',
    oracle: `${PAGE}: another author`,
  },
  {
    name: 'the author’s date is not looked at',
    shown_by: /a date|an odd date/,
    file: 'audit/check-times.ts',
    from: 'if (author.at !== secondsOf(at))\n    findings',
    to: 'if (author.at < 0)\n    findings',
    oracle: `${PAGE}: another date`,
  },
  {
    name: 'bytes are not compared',
    shown_by: /file: |lie: /,
    file: 'audit/check-transition.ts',
    from: 'if (file === undefined || decided?.equals(file.bytes)) return;',
    to: 'return;',
    oracle: PAGE,
  },
  {
    name: 'groups may fall apart',
    shown_by: /history: |a trailer missing|group/,
    file: 'audit/check-commit.ts',
    from: 'const broken = this.groups.check(record, trailers.values, findings);',
    to: 'const broken = undefined as CommitRecord | undefined;',
    oracle: `${PAGE}: group`,
  },
  {
    name: 'trees are not looked at',
    shown_by: /tree: /,
    file: 'audit/check-commit.ts',
    from: 'for (const { path, fault, mode } of faults) found',
    to: 'for (const { path, fault, mode } of []) found',
    oracle: 'the hook takes what git refuses',
  },
  {
    name: 'headers are not looked at',
    shown_by: /header: /,
    file: 'audit/check-commit.ts',
    from: 'if (record.fault !== undefined) findings.add',
    to: 'if (record.fault === null) findings.add',
    oracle: 'the hook refuses what verify takes: commit',
  },
  {
    name: 'a merge may make anything of two lines',
    shown_by: /a merge/,
    file: 'audit/check-commit.ts',
    from: 'await checkMerge(merge, this.#state, findings);',
    to: '',
    oracle: `${PAGE}: a merge`,
  },
  {
    name: 'signatures that are asked for are not looked at',
    shown_by: /signature: /,
    file: 'audit/signatures.ts',
    from: 'if (owed.length === 0) return [];',
    to: 'return [];',
    oracle: 'the hook takes what is not signed',
  },
  {
    name: 'an item may stand in any folder',
    shown_by: /a file elsewhere|another name/,
    file: 'codec/path.ts',
    from: 'return pathIn(state, id) === path ?',
    to: 'return path !== "" ?',
    oracle: '',
  },
  {
    name: 'any status leads anywhere',
    shown_by: /forged/,
    file: 'domain/decide.ts',
    from: 'if ((from as readonly string[]).includes(item.status)) return;',
    to: 'return;',
    oracle: `${PAGE}: no row`,
  },
  {
    name: 'anyone may do what its owner may',
    shown_by: /forged/,
    file: 'domain/decide.ts',
    from: "case 'owner':\n      return requireOwner(item, command.actor);",
    to: "case 'owner':\n      return;",
    oracle: `${PAGE}: not the owner`,
  },
  {
    name: 'the hook takes half a group',
    shown_by: /./,
    file: 'audit/check-push.ts',
    from: 'yield* check.groups.end();',
    to: '',
    oracle: 'the hook takes what verify finds: group',
  },
  {
    name: '`verify` takes half a group',
    shown_by: /./,
    file: 'audit/verify.ts',
    from: 'findings.push(...check.groups.end(), ...',
    to: 'findings.push(...',
    oracle: 'the hook refuses what verify takes: group',
  },
  {
    name: 'an index forgets nothing',
    shown_by: /./,
    file: 'projection/catch-up.ts',
    from: 'if (parsed !== undefined && view.stateOf(parsed.id) === parsed.state) writer.remove(parsed.id);',
    to: 'void parsed;',
    oracle: 'an index that was caught up',
  },
  {
    name: 'a tree that breaks off is no error of the ledger',
    shown_by: /breaks off/,
    file: 'git/model/tree.ts',
    from: "throw new LedgerError('STORAGE_FAILED', 'A tree ends early.');",
    to: "throw new RangeError('A tree ends early.');",
    oracle: '',
  },
];
