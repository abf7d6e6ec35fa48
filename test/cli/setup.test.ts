import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { CLIENTS } from '../../src/clients/places.ts';
import { makeTempFolder, makeWorkRepo } from '../helpers/temp-repo.ts';
import { type Said, wl, wlProcess } from './workplace.ts';

const cleanups: (() => Promise<void>)[] = [];
let home: string;
let project: string;

beforeEach(async () => {
  const { path, cleanup } = await makeTempFolder();
  cleanups.push(cleanup);
  home = join(path, 'home');
  await mkdir(home);
  project = await makeWorkRepo(path, 'project');
  await put('wl', '', join(path, 'bin'));
  env = { HOME: home, PATH: `${join(path, 'bin')}${delimiter}${process.env.PATH}` };
});
afterAll(() => Promise.all(cleanups.map((cleanup) => cleanup())));

let env: Record<string, string>;
const setup = (...args: string[]): Promise<Said> => wl(project, ['setup', ...args], { env });

async function put(path: string, text: string | Buffer, folder = project): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
const read = (path: string): Promise<string> => readFile(join(project, path), 'utf8');

/** Every file of a folder, git's own left out, with its bytes. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const own = files.filter((path) => !path.includes('/.git/')).sort();
  return Object.fromEntries(
    await Promise.all(own.map(async (path) => [path, (await readFile(path)).toString('latin1')])),
  );
}

const NAMES = Object.keys(CLIENTS);

describe('given a project', () => {
  test.each(NAMES)(
    'when %s is set up, then it is in place, twice is once, and removed it is as before',
    async (name) => {
      await put('README.md', '# A\n');
      const before = await filesOf(project);
      expect((await setup(name, '--check')).status).toBe(1);
      const made = await setup(name);
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const after = await filesOf(project);
      expect(Object.keys(after).length).toBeGreaterThan(1);
      expect((await setup(name, '--check')).status).toBe(0);
      expect((await setup(name)).stdout).not.toContain('written');
      expect(await filesOf(project)).toEqual(after);
      expect((await setup(name, '--remove')).status).toBe(0);
      expect(await filesOf(project)).toEqual(before);
      expect(await readdir(project)).toEqual(['.git', 'README.md']);
    },
  );

  test.each(NAMES.filter((name) => name !== 'agents'))(
    'when %s is set up for the user, then the same holds of the home folder',
    async (name) => {
      expect((await setup(name, '--user')).status).toBe(0);
      expect((await setup(name, '--user', '--check')).status).toBe(0);
      expect(Object.keys(await filesOf(home))).not.toEqual([]);
      expect((await setup(name, '--user', '--remove')).status).toBe(0);
      expect(await filesOf(home)).toEqual({});
      expect(await filesOf(project)).toEqual({});
    },
  );

  test('when it has files of every client, odd as people leave them, then each comes back to the byte', async () => {
    await put('CLAUDE.md', '# Us\r\n\r\nno end of the last line');
    await put('AGENTS.md', '\uFEFF# Us\n');
    await put('GEMINI.md', '');
    await put('.claude/settings.json', '{\n\t// ours\n\t"hooks": {\n\t\t"Stop": [],\n\t},\n}\n');
    await put('.mcp.json', '{"mcpServers":{"x":{"command":"y"}}}');
    await put('.codex/config.toml', 'model = "o"\n[mcp_servers.x]\ncommand = "y"');
    await put('.codex/hooks.json', '{}');
    await put('.gemini/settings.json', '{\r\n  "theme": "x"\r\n}\r\n');
    await put('.cursor/mcp.json', '{ }');
    await put('.github/copilot-instructions.md', 'be brief\n\n\n');
    await put('.vscode/mcp.json', '{\n  // input\n  "inputs": []\n}');
    await put('opencode.jsonc', '{\n  "mcp": {\n  }\n}\n');
    await put('.zed/settings.json', '// Zed\n{\n}\n');
    await put('.rules', 'rules');
    await put('.windsurf/rules/other.md', 'x');
    const before = await filesOf(project);
    const made = await setup();
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect((await setup('--check')).status).toBe(0);
    const toml = parseToml(await read('.codex/config.toml')) as { mcp_servers: unknown };
    expect(toml.mcp_servers).toEqual({
      x: { command: 'y' },
      'work-ledger': { command: 'wl', args: ['mcp'] },
    });
    expect(JSON.parse(await read('.mcp.json'))).toEqual({
      mcpServers: { 'work-ledger': { command: 'wl', args: ['mcp'] }, x: { command: 'y' } },
    });
    await setup('--remove');
    expect(await filesOf(project)).toEqual(before);
  });

  test('when nothing shows which clients are in use, then those that the user has are set up, and AGENTS.md', async () => {
    await mkdir(join(home, '.codex'));
    const made = await wl(project, ['setup', '--json'], { env });
    expect(made.data).toMatchObject({ clients: ['codex', 'agents'], found: true, current: true });
    expect(Object.keys(await filesOf(home))).toEqual([]);
  });

  test('when it is only to be shown, then nothing is written', async () => {
    const said = await setup('claude', '--print');
    expect(said.stdout).toContain('CLAUDE.md  how to work with wl\n## Work items');
    expect(said.stdout).toContain('.mcp.json  the MCP server\n{\n  "mcpServers"');
    expect(await filesOf(project)).toEqual({});
  });

  test('when one of several readers of a file is removed, then what the other reads stays', async () => {
    await setup('codex', 'opencode');
    await setup('codex', '--remove');
    expect((await setup('opencode', '--check')).status).toBe(0);
    await setup('opencode', '--remove');
    expect(await filesOf(project)).toEqual({});
  });

  test('when CLAUDE.md only names AGENTS.md, then the instructions stand once', async () => {
    await put('CLAUDE.md', '@AGENTS.md\n');
    await setup('claude', 'agents');
    expect(await read('CLAUDE.md')).toBe('@AGENTS.md\n');
    expect((await read('AGENTS.md')).match(/## Work items/g)).toHaveLength(1);
  });

  test('when CLAUDE.md is a link to AGENTS.md, then the instructions stand once, and the link stays', async () => {
    await put('AGENTS.md', '# Us\n');
    await symlink('AGENTS.md', join(project, 'CLAUDE.md'));
    await setup('claude', 'agents');
    expect((await read('AGENTS.md')).match(/## Work items/g)).toHaveLength(1);
    await setup('claude', 'agents', '--remove');
    expect(await read('CLAUDE.md')).toBe('# Us\n');
  });

  test('when a file cannot take it, then it is left as it is, the others are written, and the status says so', async () => {
    await put('.mcp.json', '{"mcpServers":{"work-ledger":{"command":"theirs"}}}');
    await put('elsewhere', 'x', home);
    await symlink(join(home, 'elsewhere'), join(project, 'CLAUDE.md'));
    const said = await setup('claude');
    expect(said.status).toBe(1);
    expect(said.stdout).toMatch(
      /\.mcp\.json .*left as it is: `mcpServers\.work-ledger` is set to something else/,
    );
    expect(said.stdout).toMatch(/CLAUDE\.md .*left as it is: it is a link to a file elsewhere/);
    expect(said.stdout).toMatch(/\.claude\/settings\.json .*written/);
    expect(await readFile(join(home, 'elsewhere'), 'utf8')).toBe('x');
  });

  test('when TOML has the server already, or cannot be read, then it is left as it is', async () => {
    for (const text of ['[mcp_servers.work-ledger]\ncommand = "x"\n', 'a = \n']) {
      await put('.codex/config.toml', text);
      expect((await setup('codex')).status).toBe(1);
      expect(await read('.codex/config.toml')).toBe(text);
    }
  });

  test('when something of it was changed, then the check fails, and setup mends it', async () => {
    await setup('claude');
    await put('CLAUDE.md', (await read('CLAUDE.md')).replace('## Work items', '## Works'));
    const checked = await setup('--check');
    expect(checked.status).toBe(1);
    expect(checked.stdout).toMatch(/CLAUDE\.md .*out of date; wl setup/);
    await setup();
    expect((await setup('--check')).status).toBe(0);
  });

  test.each([
    [['nobody'], /There is no client "nobody"/],
    [['--check', '--remove'], /three things/],
  ])('when it is asked for %j, then it is refused', async (args, why) => {
    const said = await setup(...args);
    expect(said.status).toBe(2);
    expect(said.stderr).toMatch(why);
  });
});

test('given a shell that does not find wl, when a project is set up, then that is told', async () => {
  env = { HOME: home, PATH: home };
  const said = await setup('agents');
  expect(said.status).toBe(0);
  expect(said.stderr).toContain('wl is not on your PATH');
});

test('given no project, when it is set up, then it is refused, and the hint says what to do', async () => {
  const said = await wl(home, ['setup'], { env });
  expect(said).toMatchObject({ status: 2, stdout: '' });
  expect(said.stderr).toContain('git init');
});

test('given the program as a process of its own, when a project is set up, then it finds what it brings along', async () => {
  const said = await wlProcess(project, ['setup', 'claude', 'opencode'], { env });
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(await read('.claude/skills/work-ledger/SKILL.md')).toContain('name: work-ledger');
  const checked = await wlProcess(project, ['setup', '--check'], { env });
  expect(checked.status).toBe(0);
});

test('given the plugin for Claude Code, when it is held against what setup writes, then both say the same', async () => {
  await setup('claude');
  const plugin = join(import.meta.dirname, '../../templates/claude-plugin');
  const inPlugin = async (path: string): Promise<unknown> =>
    JSON.parse(await readFile(join(plugin, path), 'utf8'));
  expect(await inPlugin('hooks/hooks.json')).toEqual(JSON.parse(await read('.claude/settings.json')));
  expect(await inPlugin('.mcp.json')).toEqual(JSON.parse(await read('.mcp.json')));
  const copy = join(home, 'plugin');
  await cp(plugin, copy, { recursive: true });
  for (const folder of ['skills', 'commands'])
    for (const [path, text] of Object.entries(await filesOf(join(copy, folder))))
      expect(await read(path.replace(copy, '.claude'))).toBe(Buffer.from(text, 'latin1').toString());
});
