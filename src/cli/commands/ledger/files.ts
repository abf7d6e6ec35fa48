import { HOST_FILES } from '../../../hosts/list.ts';
import type { ListedTemplate } from '../../../index.ts';
import { command } from '../../command.ts';
import { readFileText } from '../../input.ts';
import { columns, type Line } from '../../render/line.ts';
import { configured } from './config.ts';

const PATH = {
  name: '<path>',
  help: 'where it stands on the branch, such as CODEOWNERS or templates/bug.yaml',
};

const FROM = { ledger: "the ledger's own", program: 'built in' };

export const templatesCommand = command({
  summary: 'list the templates that `wl create --template` takes',
  details:
    "A ledger's own stand on its branch, as templates/NAME.yaml, and go before those of the program. A template holds fields of an item: title (a hint for people), type, priority, labels, description, acceptance, context, owner, swarm_name, job_id, max_attempts.",
  examples: ['wl templates', 'wl templates --json'],
  run: async ({ cli }) => {
    const ledger = await cli.openToRead({ fetch: false });
    const templates = await ledger.query.templates();
    return {
      kind: 'templates',
      data: templates,
      lines: rows(templates),
      ids: templates.map(({ name }) => name),
    };
  },
});

const [FOLDERS = [], FILES = []] = [true, false].map((isFolder) =>
  HOST_FILES.filter((path) => path.endsWith('/') === isFolder),
);

export const filesSetCommand = command({
  summary: 'set a file beside items on the ledger branch',
  details: `${['README.md', '.gitattributes', ...FILES, 'CODEOWNERS'].join(', ')}, and what is in ${[...FOLDERS, 'policy/'].join(', ')} and templates/. A commit made by hand that touches one is refused by the audit; this makes the commit that is right.`,
  args: [PATH, { name: '<text>', help: '@FILE, - for standard input, or the text itself' }],
  examples: ['wl files set CODEOWNERS @CODEOWNERS', 'wl files set templates/bug.yaml @bug.yaml'],
  run: async ({ args: [path = '', typed = ''], cli }) => {
    const text = await readFileText(typed, cli.world);
    const ledger = await cli.open();
    const changed = await ledger.admin.configure({}, { files: [{ path, text }] });
    return configured(
      ledger,
      { kind: 'files', paths: [path], changed },
      changed ? `set ${path}` : undefined,
      `${path} stands so already`,
    );
  },
});

export const filesRmCommand = command({
  summary: 'remove files beside items from the ledger branch',
  args: [{ ...PATH, name: '<paths...>' }],
  examples: ['wl files rm templates/bug.yaml', 'wl files rm .gitlab-ci.yml CODEOWNERS'],
  run: async ({ args: paths, cli }) => {
    const ledger = await cli.open();
    const changed = await ledger.admin.configure(
      {},
      { files: paths.map((path) => ({ path, text: undefined })) },
    );
    const names = paths.join(', ');
    return configured(
      ledger,
      { kind: 'files', paths, changed },
      changed ? `removed ${names}` : undefined,
      `there is no ${names}`,
    );
  },
});

const rows = (templates: readonly ListedTemplate[]): Line[] =>
  columns(
    templates.map((one) => [
      one.name,
      FROM[one.from],
      'problem' in one ? one.problem : (one.fields.title ?? ''),
    ]),
  );
