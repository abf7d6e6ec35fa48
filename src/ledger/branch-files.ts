import type { FileChange } from '../store/port.ts';

const README = `# Work ledger

This branch holds work items, one YAML file each, and nothing else. Each commit is one transition of one item: who did
what, from which status to which, when and why. \`git log\` is the history.

It is written by the program \`wl\`, by fast-forward pushes only. Please do not edit, merge or rebase it by hand; to look
around, \`git log\`, \`git show\` and \`git grep\` work as on any branch.

- \`active/\` holds work that is pending, in progress, blocked or in review.
- \`completed/\`, \`failed/\` and \`cancelled/\` hold work that is finished.
- \`ledger.yaml\` holds the settings that all clones share.
`;

const ATTRIBUTES = '*.yaml text eol=lf merge=work-ledger\n';

/** Files beside the settings that the root commit lays down, for people who land on the branch. */
export function branchFiles(): FileChange[] {
  return [
    { path: 'README.md', bytes: Buffer.from(README) },
    { path: '.gitattributes', bytes: Buffer.from(ATTRIBUTES) },
  ];
}
