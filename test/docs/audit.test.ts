import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FIRST, script } from '../audit/honest.ts';
import { makeLedger, run as runAll } from '../audit/ledgers.ts';
import { MAIN } from '../cli/workplace.ts';
import { isolatedEnv, isolateThisProcess, makeTempFolder, type TempFolder } from '../helpers/temp-repo.ts';
import { readProject } from './markdown.ts';

const page = readProject('docs/audit.md');
const [setting = '', ...blocks] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, body = '']) => body);
const commands = blocks.flatMap((block) => block.trimEnd().split('\n'));

let folder: TempFolder;
let dir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  isolateThisProcess();
  folder = await makeTempFolder();
  const place = await makeLedger(folder.path);
  dir = place.dir;
  const { say, commands: life } = script(place.ledger);
  say('create', 'ada', { fields: { title: 'First' } });
  say('create', 'ada', { fields: { title: 'Second' } });
  say('claim', 'bob', { id: FIRST, execution_id: 'exec-1' });
  say('cancel', 'ada', { id: 'WRK-20260103-0002' });
  say('delete', 'ada', { id: 'WRK-20260103-0002', reason: 'a mistake' });
  await runAll(place.ledger, life);
  await place.ledger.close();
  const bin = join(folder.path, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'wl'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(join(bin, 'wl'), 0o755);
  env = { ...isolatedEnv(), PATH: `${bin}:${process.env.PATH}` };
});
afterAll(() => folder.cleanup());

/** What a command of the page prints in a clone; it fails where the command does. */
async function printed(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', `${setting}\n${command}`], { cwd: dir, env });
  return stdout;
}

/** Commands that print nothing where all is well, or where there is nothing of the kind. */
const SILENT = /^git fsck|--merges|uniq -d$/;

it.each(commands)(
  'given a ledger, when an auditor types %s, then it says what the page promises',
  async (command) => {
    const said = await printed(command);
    if (SILENT.test(command)) expect(said).toBe('');
    else expect(said).not.toBe('');
  },
);

it.each([
  ['--author', /^\S+ create WRK-20260103-0001: none -> pending$/m],
  ['Work-Verb: claim', /^\S+ bob claim WRK-20260103-0001: pending -> in_progress\n$/],
  ['%x09', /\tWRK-20260103-0001\tclaim\tbob\t2026-01-03T/],
  ['git show', /^status: in_progress$/m],
  ['--diff-filter', /ada delete WRK-20260103-0002.*\n\ncancelled\/2026-01\/x02\/WRK-20260103-0002\.yaml/],
  ['--invert-grep', /^\S+ ada init ledger \S+\n$/],
  ['%G?', /^N {2}\S+ ada delete /],
  ['wl verify --full --signatures', /^asserted +ada +\d+$/m],
])('given the command with %s, then it prints what was done', async (part, expected) => {
  const command = commands.find((one) => one.includes(part)) ?? part;
  expect(await printed(command)).toMatch(expected);
});
