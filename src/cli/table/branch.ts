import { type Command, command } from '../command.ts';

const group = 'The ledger';
const PATH = {
  name: '<path>',
  help: 'where it stands on the branch, such as CODEOWNERS or templates/bug.yaml',
};

/** What the branch holds beside items. */
export const BRANCH: readonly Command[] = [
  command({
    name: 'templates',
    group,
    summary: 'list the templates that `wl create --template` takes',
    details:
      "A ledger's own stand on its branch, as templates/NAME.yaml, and go before those of the program. A template holds fields of an item: title (a hint for people), type, priority, labels, description, acceptance, context, owner, swarm_name, job_id, max_attempts.",
    examples: ['wl templates', 'wl templates --json'],
    load: () => import('../commands/templates.ts'),
  }),
  command({
    name: 'files set',
    group,
    summary: 'set a file beside items on the ledger branch',
    details:
      'README.md, .gitattributes, .gitlab-ci.yml, CODEOWNERS, and what is in .github/, .gitlab/, .gitea/, policy/ and templates/. A commit made by hand that touches one is refused by the audit; this makes the commit that is right.',
    args: [PATH, { name: '<text>', help: '@FILE, - for standard input, or the text itself' }],
    examples: ['wl files set CODEOWNERS @CODEOWNERS', 'wl files set templates/bug.yaml @bug.yaml'],
    load: () => import('../commands/files-set.ts'),
  }),
  command({
    name: 'files rm',
    group,
    summary: 'remove files beside items from the ledger branch',
    args: [{ ...PATH, name: '<paths...>' }],
    examples: ['wl files rm templates/bug.yaml', 'wl files rm .gitlab-ci.yml CODEOWNERS'],
    load: () => import('../commands/files-rm.ts'),
  }),
];
