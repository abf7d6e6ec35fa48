// What each folder of `src` may import, and what it holds: the linter's rules and the table of docs/architecture.md are made of it.
//
// node .ci/layers.ts    writes .ci/layers.json, which biome.json extends, and the table
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder of `src`; what is in folders of it is in it, unless they have rows of their own. */
export interface Layer {
  /** From `src` on. */
  path: string;
  /** Layers, folders and files that it may import, besides its own. All that is not named is forbidden. */
  imports: readonly string[];
  /** What a layer that names this one may import of it, from its folder on; all of it by default. */
  face?: readonly string[];
  /** Libraries that it imports. */
  libraries?: readonly string[];
  holds: string;
  /** Files that put the layers together, so that they may import any of them. */
  roots?: readonly string[];
}

/** Files that every layer may import. */
const EVERYWHERE = ['node.ts'];

/** From the bottom to the top: each imports only what is above it in this list. */
export const LAYERS: readonly Layer[] = [
  {
    path: 'domain',
    imports: [],
    libraries: ['zod'],
    holds: 'work items, the transition table, `decide`, errors',
  },
  {
    path: 'hosts',
    imports: ['domain'],
    holds: 'review hosts: what is true of GitHub, GitLab and Gitea, a file each',
  },
  {
    path: 'codec',
    imports: ['domain', 'hosts'],
    libraries: ['yaml'],
    holds: 'item ⇄ YAML, event ⇄ commit message, id ⇄ path',
  },
  { path: 'trace', imports: [], holds: 'tracing channels: names, records, and how a step is published' },
  {
    path: 'git',
    imports: ['domain', 'trace'],
    face: ['*.ts', 'model/**'],
    libraries: ['simple-git'],
    holds: 'all that runs git, or reads or writes what git keeps',
  },
  {
    path: 'store',
    imports: ['domain', 'trace', 'git'],
    holds: 'objects and refs of one clone: a port, and the adapter beside git',
  },
  {
    path: 'remote',
    imports: ['domain', 'trace', 'git', 'store'],
    holds: 'the shared branch as one clone reaches it: a port, and the adapter by git',
  },
  {
    path: 'isomorphic',
    imports: ['domain', 'trace', 'git', 'git/files', 'git/objects', 'git/refs', 'store', 'remote'],
    libraries: ['isomorphic-git'],
    holds: 'store and remote without the git program, on any file system',
  },
  {
    path: 'sync',
    imports: ['domain', 'codec', 'trace', 'store/port.ts', 'remote/port.ts'],
    holds: 'the write path',
  },
  {
    path: 'projection',
    imports: ['domain', 'codec', 'trace', 'store/port.ts', 'hosts'],
    holds: 'the ledger at a tip, kept and caught up',
  },
  { path: 'query', imports: ['domain', 'codec', 'projection'], holds: 'lists, readiness, trees, search' },
  { path: 'transfer', imports: ['domain', 'codec'], holds: 'import and export, planned as values' },
  {
    path: 'audit',
    imports: ['domain', 'codec', 'store/port.ts', 'projection'],
    holds: '`verify`: replays history and checks each commit; versions, blame, reports',
  },
  {
    path: 'ledger',
    imports: [
      ...['domain', 'codec', 'git/repository.ts', 'store/port.ts', 'remote/port.ts', 'sync', 'hosts'],
      ...['projection', 'query', 'transfer', 'audit', 'trace/mask.ts'],
    ],
    holds: '`WorkLedger`, the façade for programs',
    roots: ['open.ts', 'backend.ts', 'isomorphic-backend.ts'],
  },
  {
    path: 'merge',
    imports: ['domain', 'codec'],
    holds: 'two lines of history: an item by field, a file for git',
  },
  {
    path: 'doctor',
    imports: [
      'domain',
      'codec',
      'git',
      'store/port.ts',
      'store/clone-lock.ts',
      'store/damaged-state.ts',
      'store/local-state.ts',
      'sync',
      'audit',
      'ledger',
      'merge',
    ],
    holds: 'what is wrong with a ledger, and its repair by commits',
  },
  {
    path: 'agents/presence',
    imports: ['domain', 'store/port.ts', 'remote/port.ts', 'sync/ports.ts', 'ledger'],
    holds: 'who is at work, said and read',
  },
  {
    path: 'agents/following',
    imports: ['domain', 'store/port.ts', 'projection/history-entry.ts', 'query/filter.ts', 'ledger'],
    holds: 'waiting for commits, a status, or something to claim',
  },
  {
    path: 'agents/escalation',
    imports: ['domain', 'sync/outcome.ts', 'ledger'],
    holds: 'questions to people, and their answers',
  },
  {
    path: 'agents/workers',
    imports: [
      'domain',
      'sync/ports.ts',
      'sync/outcome.ts',
      'query/filter.ts',
      'ledger',
      'agents/presence',
      'agents/following',
    ],
    holds: 'the pool, its executions, and programs as agents',
  },
  {
    path: 'githooks',
    imports: ['domain', 'codec', 'git', 'store', 'projection', 'audit', 'ledger'],
    holds: "what git's hooks do, on a server and in a clone, and putting them in place",
  },
  {
    path: 'review',
    imports: [
      ...[
        'domain',
        'codec',
        'git/repository.ts',
        'store/port.ts',
        'store/incoming.ts',
        'remote/port.ts',
        'sync',
      ],
      ...['hosts', 'projection', 'audit', 'ledger'],
    ],
    holds: 'review by pull request: proposals beside the ledger, what they are worth, and their pages',
  },
  {
    path: 'operations',
    imports: ['index.ts'],
    holds:
      'what every shell does with a ledger: short ids, writes of many items and what became of each, refusals, filters and times as they are typed',
  },
  {
    path: 'mcp',
    imports: ['index.ts', 'agents.ts', 'operations'],
    libraries: ['@modelcontextprotocol/server'],
    holds:
      'the Model Context Protocol: tools, resources and a prompt for one client, and its connection as an execution',
  },
  {
    path: 'clients',
    imports: ['index.ts', 'operations', 'ledger/connection.ts', 'git/work-tree.ts'],
    libraries: ['jsonc-parser', 'smol-toml'],
    holds: 'programs that run agents, such as Claude Code: what their hooks do here, and setting them up',
  },
  {
    path: 'cli',
    imports: [
      ...['index.ts', 'agents.ts', 'repair.ts', 'review.ts', 'hooks.ts', 'hosts/list.ts', 'operations'],
      'mcp/serve.ts',
      'clients',
    ],
    libraries: ['vega'],
    holds: '`wl`',
  },
];

interface Rule {
  includes: string[];
  linter: object;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every folder of `src`, from there on. */
export const foldersOfSource = (): string[] =>
  globSync('src/**/', { cwd: ROOT })
    .map((folder) => folder.replaceAll('\\', '/').replace(/^src\/?|\/$/g, ''))
    .filter((folder) => folder !== '')
    .sort();

const isWithin = (folder: string, path: string): boolean => folder === path || folder.startsWith(`${path}/`);

/** The linter's rules: for each layer a list of what may be imported, once for each depth of its folders. */
export const linterRules = (folders = foldersOfSource()): Rule[] =>
  LAYERS.flatMap((layer) => {
    const depths = folders.filter((one) => isWithin(one, layer.path)).map((one) => one.split('/').length);
    return [...new Set(depths)].sort().map((depth) => ruleOf(layer, depth));
  });

function ruleOf({ path, imports, roots = [] }: Layer, depth: number): Rule {
  const folder = `src/${path}`;
  const deeper = '/*'.repeat(depth - path.split('/').length);
  // A room of a layer may import other rooms only as far as they are named.
  const [layer] = path.split('/');
  const own = path === layer ? [] : [`${path}/**`];
  const allowed = [...EVERYWHERE, ...imports.flatMap(filesOf), ...own];
  const group = fromFolder(path, depth, allowed);
  return {
    includes: [`${folder}${deeper}/*.ts`, ...roots.map((file) => `!${folder}/${file}`)],
    linter: {
      rules: {
        style: {
          noRestrictedImports: {
            level: 'error',
            options: {
              patterns: [
                { group, message: `${path}/ may not import this; see docs/architecture.md, "Layers".` },
              ],
            },
          },
        },
      },
    },
  };
}

/** What an entry of `imports` allows: a file, the face of a layer, or all of a folder. */
function filesOf(one: string): string[] {
  if (one.endsWith('.ts')) return [one];
  const { face = ['**'] } = LAYERS.find(({ path }) => path === one) ?? {};
  return face.map((part) => `${one}/${part}`);
}

/** Import specifiers of files that are `depth` folders below `src`: all that leave `path` are forbidden but for `allowed`. */
function fromFolder(path: string, depth: number, allowed: readonly string[]): string[] {
  const inside = depth - path.split('/').length;
  const forbidden = `${'../'.repeat(inside + 1)}**`;
  const folders = path.split('/');
  return [
    forbidden,
    ...allowed.map((one) => {
      const shared = one.split('/')[0] === folders[0] && folders.length > 1 ? 1 : 0;
      const up = '../'.repeat(depth - shared);
      return `!${up}${one.split('/').slice(shared).join('/')}`;
    }),
  ];
}

const CELLS = { from: '<!-- made by .ci/layers.ts -->', to: '<!-- end of what is made -->' };

/** The table of docs/architecture.md. */
function layersTable(): string {
  const rows = LAYERS.map(({ path, imports, libraries = [], holds }) => [
    `\`${path}\``,
    imports.map((one) => one.replace(/^(.+)\/([\w-]+\.ts)$/, '$1 ($2)')).join(', ') || '–',
    libraries.join(', ') || '–',
    holds,
  ]);
  const head = [
    ['layer', 'may import', 'libraries', 'holds'],
    ['---', '---', '---', '---'],
  ];
  return [...head, ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
    .replaceAll('| --- ', '|---')
    .replaceAll('--- |', '---|');
}

/** The page with its table made anew. */
export function withTable(page: string): string {
  const [start, end] = [page.indexOf(CELLS.from), page.indexOf(CELLS.to)];
  if (start < 0 || end < start) throw new Error(`the page has no place for the table: ${CELLS.from}`);
  return `${page.slice(0, start)}${CELLS.from}\n\n${layersTable()}\n\n${page.slice(end)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = (path: string): string => join(ROOT, path);
  writeFileSync(at('.ci/layers.json'), `${JSON.stringify({ overrides: linterRules() }, null, 2)}\n`);
  const page = at('docs/architecture.md');
  writeFileSync(page, withTable(readFileSync(page, 'utf8')));
}
