import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { type Entry, jsonEntries } from './json-entries.ts';
import { type Piece, wholeFile } from './piece.ts';
import { textBlock } from './text-block.ts';

// What each client reads, and where: a row for each.

/** A project, for all who work in it; or all projects of a user. */
export type Reach = 'project' | 'user';

export interface Place {
  /** From the folder that is set up on. */
  path: string;
  what: string;
  piece: Piece;
}

export type ClientName =
  | 'claude'
  | 'codex'
  | 'gemini'
  | 'cursor'
  | 'copilot'
  | 'opencode'
  | 'windsurf'
  | 'zed'
  | 'agents';

interface ClientFiles {
  /** For people. */
  title: string;
  /** What shows that a client is in use. */
  signs: Readonly<Record<Reach, readonly string[]>>;
  /** @param read a file that is there already */
  places(reach: Reach, read: (path: string) => string | undefined): Place[];
}

const TEMPLATES = join(import.meta.dirname, '../../templates');
const template = (...path: string[]): string => readFileSync(join(TEMPLATES, ...path), 'utf8');

const block = (path: string): Place => ({
  path,
  what: 'how to work with wl',
  piece: textBlock('html', template('clients', 'instructions.md')),
});

/** The file that has instructions: another one, where it only names that. */
function instructions(path: string, read: (path: string) => string | undefined): Place {
  const names = /^@(?:\.\/)?AGENTS\.md\s*$/m.test(read(path) ?? '');
  return block(names ? 'AGENTS.md' : path);
}

const isCalled = (value: unknown, client: string): boolean =>
  JSON.stringify(value ?? null).includes(`wl hook ${client} `);

/** Hooks as Claude Code, Codex and Gemini CLI write them: groups of commands for each event. */
const hookGroups = (
  client: string,
  events: Readonly<Record<string, string | undefined>>,
  more: object,
): Entry[] =>
  Object.entries(events).map(([event, matcher]) => ({
    path: ['hooks', event],
    in: 'list',
    value: {
      ...(matcher && { matcher }),
      hooks: [{ type: 'command', command: called(client, event), ...more }],
    },
    isOurs: (value) => isCalled(value, client),
  }));

const hooks = (path: string, entries: readonly Entry[]): Place => ({
  path,
  what: 'hooks',
  piece: jsonEntries(entries),
});

/** Without the program, a hook is none: those who share the project need not have it. */
const called = (client: string, event: string): string =>
  client === 'gemini'
    ? `wl hook ${client} ${event}`
    : `command -v wl >/dev/null 2>&1 || exit 0; wl hook ${client} ${event}`;

/** The MCP server among others. */
const serverEntry = (at: string, value: object = {}): Entry => ({
  path: [at, 'work-ledger'],
  in: 'object',
  value: 'command' in value ? value : { ...value, command: 'wl', args: ['mcp'] },
  isOurs: (found) => /"wl",(?:"args":\[)?"mcp"/.test(JSON.stringify(found ?? null)),
});

const server = (path: string, at: string, value: object = {}, start = {}): Place => ({
  path,
  what: 'the MCP server',
  piece: jsonEntries([serverEntry(at, value)], start),
});

const MARK = 'work-ledger: wl setup writes this file';

/** Files of the plugin for Claude Code that a project or a user has in folders of their own. */
function pluginFiles(to: string): Place[] {
  const plugin = join(TEMPLATES, 'claude-plugin');
  return ['skills', 'commands'].flatMap((folder) =>
    readdirSync(join(plugin, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name): Place => {
        const path = `${to}/${folder}/${name.replaceAll('\\', '/')}`;
        const what = folder === 'skills' ? 'a skill' : 'a command';
        return { path, what, piece: wholeFile(template('claude-plugin', folder, name), MARK) };
      }),
  );
}

/** What a file of rules begins with, for a client that asks for that. */
function rules(path: string, head: string): Place {
  const text = `---\n${head}\n---\n<!-- ${MARK} -->\n\n${template('clients', 'instructions.md')}`;
  return { path, what: 'how to work with wl', piece: wholeFile(text, MARK) };
}

function codexServer(path: string): Place {
  const text = '[mcp_servers.work-ledger]\ncommand = "wl"\nargs = ["mcp"]\n';
  const check = (whole: string): void => {
    parse(whole.replace(/^\uFEFF/, ''));
  };
  return { path, what: 'the MCP server', piece: textBlock('hash', text, check) };
}

function copilotHooks(path: string): Place {
  const hooks = Object.fromEntries(
    ['sessionStart', 'preCompact', 'agentStop', 'sessionEnd'].map((event) => [
      event,
      [
        {
          type: 'command',
          bash: called('copilot', event),
          powershell: `wl hook copilot ${event}`,
          timeoutSec: 10,
        },
      ],
    ]),
  );
  const text = `${JSON.stringify({ version: 1, hooks }, null, 2)}\n`;
  return { path, what: 'hooks', piece: wholeFile(text, 'wl hook copilot ') };
}

function cursorHooks(path: string): Place {
  const entries = ['sessionStart', 'preCompact', 'stop', 'sessionEnd'].map(
    (event): Entry => ({
      path: ['hooks', event],
      in: 'list',
      value: { command: `wl hook cursor ${event}` },
      isOurs: (value) => isCalled(value, 'cursor'),
    }),
  );
  return { path, what: 'hooks', piece: jsonEntries(entries, { version: 1 }) };
}

/** By event, the tools that it is asked for; all, where none are named. */
const CLAUDE_EVENTS = {
  SessionStart: undefined,
  PostToolUse: 'TodoWrite|TaskCreate|TaskUpdate',
  PreCompact: undefined,
  Stop: undefined,
  SessionEnd: undefined,
};
const CODEX_EVENTS = {
  SessionStart: undefined,
  PostToolUse: 'update_plan',
  PreCompact: undefined,
  Stop: undefined,
};
const GEMINI_EVENTS = {
  SessionStart: undefined,
  AfterTool: 'write_todos',
  PreCompress: undefined,
  AfterAgent: undefined,
  SessionEnd: undefined,
};

export const CLIENTS: Readonly<Record<ClientName, ClientFiles>> = {
  claude: {
    title: 'Claude Code',
    signs: { project: ['CLAUDE.md', '.claude'], user: ['.claude'] },
    places: (reach, read) => [
      reach === 'project' ? instructions('CLAUDE.md', read) : block('.claude/CLAUDE.md'),
      hooks('.claude/settings.json', hookGroups('claude', CLAUDE_EVENTS, { timeout: 10 })),
      server(reach === 'project' ? '.mcp.json' : '.claude.json', 'mcpServers'),
      ...pluginFiles('.claude'),
    ],
  },
  codex: {
    title: 'Codex',
    signs: { project: ['.codex'], user: ['.codex'] },
    places: (reach) => [
      block(reach === 'project' ? 'AGENTS.md' : '.codex/AGENTS.md'),
      hooks('.codex/hooks.json', hookGroups('codex', CODEX_EVENTS, { timeout: 10 })),
      codexServer('.codex/config.toml'),
    ],
  },
  gemini: {
    title: 'Gemini CLI',
    signs: { project: ['GEMINI.md', '.gemini'], user: ['.gemini'] },
    places: (reach, read) => [
      reach === 'project' ? instructions('GEMINI.md', read) : block('.gemini/GEMINI.md'),
      {
        path: '.gemini/settings.json',
        what: 'hooks and the MCP server',
        piece: jsonEntries([
          serverEntry('mcpServers'),
          ...hookGroups('gemini', GEMINI_EVENTS, { name: 'work-ledger', timeout: 10_000 }),
        ]),
      },
    ],
  },
  cursor: {
    title: 'Cursor',
    signs: { project: ['.cursor', '.cursorrules'], user: ['.cursor'] },
    places: (reach) => [
      ...(reach === 'project'
        ? [rules('.cursor/rules/work-ledger.mdc', 'description: How to work with wl\nalwaysApply: true')]
        : []),
      cursorHooks('.cursor/hooks.json'),
      server('.cursor/mcp.json', 'mcpServers'),
    ],
  },
  copilot: {
    title: 'GitHub Copilot',
    signs: {
      project: ['.github/copilot-instructions.md', '.github/hooks', '.vscode/mcp.json'],
      user: ['.copilot'],
    },
    places: (reach) =>
      reach === 'user'
        ? [server('.copilot/mcp-config.json', 'mcpServers', { type: 'local', tools: ['*'] })]
        : [
            block('.github/copilot-instructions.md'),
            copilotHooks('.github/hooks/work-ledger.json'),
            server('.vscode/mcp.json', 'servers', { type: 'stdio' }),
          ],
  },
  opencode: {
    title: 'OpenCode',
    signs: { project: ['opencode.json', 'opencode.jsonc', '.opencode'], user: ['.config/opencode'] },
    places: (reach, read) => {
      const user = '.config/opencode/';
      const at = reach === 'project' ? '' : user;
      const config = read(`${at}opencode.jsonc`) === undefined ? `${at}opencode.json` : `${at}opencode.jsonc`;
      const plugin = `${reach === 'project' ? '.opencode/' : user}plugins/work-ledger.js`;
      return [
        block(`${at}AGENTS.md`),
        {
          path: plugin,
          what: 'a plugin',
          piece: wholeFile(template('clients', 'opencode-plugin.js'), MARK),
        },
        server(
          config,
          'mcp',
          { type: 'local', command: ['wl', 'mcp'], enabled: true },
          { $schema: 'https://opencode.ai/config.json' },
        ),
      ];
    },
  },
  windsurf: {
    title: 'Windsurf',
    signs: { project: ['.windsurf', '.windsurfrules'], user: ['.codeium/windsurf'] },
    places: (reach) =>
      reach === 'project'
        ? [rules('.windsurf/rules/work-ledger.md', 'trigger: always_on')]
        : [
            block('.codeium/windsurf/memories/global_rules.md'),
            server('.codeium/windsurf/mcp_config.json', 'mcpServers'),
          ],
  },
  zed: {
    title: 'Zed',
    signs: { project: ['.zed', '.rules'], user: ['.config/zed'] },
    places: (reach, read) => {
      const settings = reach === 'project' ? '.zed/settings.json' : '.config/zed/settings.json';
      const own = server(settings, 'context_servers', { source: 'custom' });
      // It reads the first of several files, `.rules` before all others.
      return reach === 'user' ? [own] : [block(read('.rules') === undefined ? 'AGENTS.md' : '.rules'), own];
    },
  },
  agents: {
    title: 'AGENTS.md',
    signs: { project: ['AGENTS.md'], user: [] },
    places: (reach) => (reach === 'project' ? [block('AGENTS.md')] : []),
  },
};

export const isClient = (name: string): name is ClientName => Object.hasOwn(CLIENTS, name);
