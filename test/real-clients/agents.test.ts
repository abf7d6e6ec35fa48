import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { idIn, MAIN, makeWorkplace, wlProcess } from '../cli/workplace.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { programOf } from './packages.ts';
import { ScriptedModel, type Step } from './scripted-model.ts';

interface Place {
  /** A clone of the ledger. */
  dir: string;
  /** Empty at first. */
  home: string;
  url: string;
}

/** A client as somebody would start it on a machine where it never ran, with `wl mcp` and nothing else set up. */
interface Agent {
  prepare(place: Place): Promise<void>;
  command(place: Place): { program: string; args: string[]; env: Record<string, string> };
}

const SERVER = { command: process.execPath, args: [MAIN, 'mcp'] };
const SERVERS = JSON.stringify({ mcpServers: { 'work-ledger': SERVER } });

const claude: Agent = {
  prepare: ({ home }) => writeFile(join(home, 'mcp.json'), SERVERS),
  command: ({ home, url }) => ({
    program: programOf('@anthropic-ai/claude-code', 'claude'),
    args: [
      ...['-p', 'Go on.', '--mcp-config', join(home, 'mcp.json'), '--strict-mcp-config'],
      ...['--allowedTools', 'mcp__work-ledger'],
    ],
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'none',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // Its tools are there from the first turn on, as they are where someone types.
      MCP_CONNECTION_NONBLOCKING: 'false',
      ENABLE_TOOL_SEARCH: 'false',
    },
  }),
};

const codex: Agent = {
  async prepare({ home, url }) {
    const config = [
      'model = "scripted"',
      'model_provider = "loopback"',
      'approval_policy = "never"',
      'sandbox_mode = "danger-full-access"',
      '[model_providers.loopback]',
      'name = "loopback"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "LOOPBACK_KEY"',
      '[mcp_servers.work-ledger]',
      `command = ${JSON.stringify(SERVER.command)}`,
      `args = ${JSON.stringify(SERVER.args)}`,
    ];
    await mkdir(join(home, '.codex'));
    await writeFile(join(home, '.codex/config.toml'), `${config.join('\n')}\n`);
  },
  command: () => ({
    program: programOf('@openai/codex', 'codex'),
    args: ['exec', '--skip-git-repo-check', 'Go on.'],
    env: { LOOPBACK_KEY: 'none' },
  }),
};

const gemini: Agent = {
  async prepare({ home }) {
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      general: { disableAutoUpdate: true },
      privacy: { usageStatisticsEnabled: false },
      mcpServers: { 'work-ledger': { ...SERVER, trust: true } },
    };
    await mkdir(join(home, '.gemini'));
    await writeFile(join(home, '.gemini/settings.json'), JSON.stringify(settings));
  },
  command: ({ url }) => ({
    program: process.execPath,
    args: [
      programOf('@google/gemini-cli', 'gemini'),
      ...['-p', 'Go on.', '--yolo', '--skip-trust', '-m', 'gemini-2.5-flash'],
    ],
    env: { GEMINI_API_KEY: 'none', GOOGLE_GEMINI_BASE_URL: url },
  }),
};

const AGENTS = { claude, codex, gemini };
type Name = keyof typeof AGENTS;

const NOW = { env: { WL_NOW: '' } };

async function makeOffice() {
  const work = await makeWorkplace();
  onTestFinished(() => work.cleanup());
  const model = await ScriptedModel.start();
  const boss = await work.clone('boss');
  await wlProcess(boss, ['init'], NOW);
  await wlProcess(boss, ['config', 'set', 'lease_ttl_s', '5'], NOW);
  const places = new Map<Name, Place>();
  for (const name of Object.keys(AGENTS) as Name[]) {
    const home = join(work.path, `home-${name}`);
    await mkdir(home);
    const place = { dir: await work.clone(name), home, url: model.url };
    // Not every client gives its servers its environment.
    await runGit(place.dir, ['config', 'ledger.actor', name]);
    await AGENTS[name].prepare(place);
    places.set(name, place);
  }
  return {
    model,
    make: async (...words: string[]) => idIn(await wlProcess(boss, ['create', ...words], NOW)),
    show: async (id: string) => {
      const { data } = await wlProcess(boss, ['show', id, '--fetch', '--json'], NOW);
      return data as Record<string, unknown> & { history: { verb: string; actor: string }[] };
    },
    wl: (...words: string[]) => wlProcess(boss, words, NOW),
    /** Starts a client, for the script that it then plays. */
    start(name: Name, ...script: Step[]): Session {
      model.play(...script);
      return new Session(name, places.get(name) as Place);
    },
  };
}

/** A client that runs. It is gone when the test ends, with all that it started. */
class Session {
  readonly child: ChildProcess;
  readonly ended: Promise<{ status: unknown; said: string }>;

  constructor(name: Name, place: Place) {
    const { program, args, env } = AGENTS[name].command(place);
    this.child = spawn(program, args, {
      cwd: place.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: place.home, NO_COLOR: '1', ...env },
    });
    const said = Promise.all([this.child.stdout, this.child.stderr].map((one) => text(one as never)));
    this.ended = Promise.all([once(this.child, 'close'), said]).then(([[status], parts]) => ({
      status,
      said: parts.join('\n'),
    }));
    onTestFinished(() => this.kill());
  }

  /** As a power cut: it and all that it started, at once. */
  kill(): void {
    for (const pid of [...childrenOf(this.child.pid ?? 0), this.child.pid ?? 0]) {
      try {
        if (pid > 0) process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  }
}

/** All that a process started, and what these did, youngest first. */
function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const own = pids.filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
  return own.map(Number).flatMap((pid) => [...childrenOf(pid), pid]);
}

test.each(Object.keys(AGENTS) as Name[])(
  'given %s with the server, when it works an item to its end, then its tools are listed and called, and the history names it',
  async (name) => {
    const office = await makeOffice();
    const id = await office.make('Count the words', '-d', 'All of them.');
    const session = office.start(
      name,
      { tool: 'next', input: {} },
      { tool: 'claim', input: { id } },
      { tool: 'checkpoint', input: { step: 'chapter 1', next: 'chapter 2' } },
      { tool: 'finish', input: { outcome: 'completed', result: { words: 812 } } },
      { say: 'It is done.' },
    );
    const { status, said } = await session.ended;
    expect({ status, said }).toMatchObject({ status: 0, said: expect.stringContaining('It is done.') });
    const offered = office.model.turns[0]?.tools.filter((tool) => /work.ledger/.test(tool)) ?? [];
    expect(offered.map((tool) => tool.replace(/.*[_/ ]/, '')).sort()).toEqual([
      ...['ask', 'checkpoint', 'claim', 'create', 'finish', 'next', 'search', 'show'],
    ]);
    expect(office.model.heard).toContain('All of them.');
    const { history, ...item } = await office.show(id);
    expect(item).toMatchObject({ status: 'completed', owner: name, result: { words: 812 } });
    expect(history.slice(1).map(({ verb, actor }) => [verb, actor])).toEqual([
      ['claim', name],
      ['checkpoint', name],
      ['complete', name],
    ]);
  },
);

test('given three clients on three clones, when one is killed, then another goes on from its checkpoint, asks, and a third ends the work with the answer', async () => {
  const office = await makeOffice();
  const id = await office.make('Move the data');
  const killed = office.start(
    'claude',
    { tool: 'next', input: { claim: true } },
    { tool: 'checkpoint', input: { step: 'the tables are copied', next: 'switch over' } },
    { tool: 'show', input: {} },
  );
  office.model.before = (results) => {
    if (results === 2) killed.kill();
  };
  await killed.ended;
  office.model.before = () => undefined;
  expect(await office.show(id)).toMatchObject({ status: 'in_progress', owner: 'claude' });

  let question: string | undefined;
  while (question === undefined) {
    const session = office.start(
      'codex',
      { tool: 'next', input: { claim: true } },
      { tool: 'ask', input: { question: 'Into which region?', options: ['eu', 'us'] } },
      { say: 'It waits.' },
    );
    await session.ended;
    const waiting = (await office.wl('escalations', '--fetch', '--json')).list;
    question = waiting[0]?.id as string | undefined;
  }
  expect(office.model.heard).toContain('the tables are copied');
  expect(await office.show(id)).toMatchObject({ status: 'blocked', owner: 'codex' });

  await office.wl('answer', question, '--option', 'eu');
  let item = await office.show(id);
  while (item.status !== 'completed') {
    const session = office.start(
      'gemini',
      { tool: 'next', input: { claim: true } },
      { tool: 'finish', input: { outcome: 'completed', result: { region: 'eu' } } },
      { say: 'Done.' },
    );
    await session.ended;
    item = await office.show(id);
  }
  expect(office.model.heard).toContain('Into which region?');
  expect(item).toMatchObject({ owner: 'gemini', result: { region: 'eu' } });
  const told = item.history.map(({ verb, actor }) => `${verb} ${actor}`);
  expect(told).toEqual(
    expect.arrayContaining([
      'claim claude',
      'checkpoint claude',
      'claim codex',
      'block codex',
      'complete gemini',
    ]),
  );
  expect((await office.wl('verify', '--json')).data).toMatchObject({ findings: [] });
});
