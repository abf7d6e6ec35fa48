import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));
const BY_GIT = /^(?:git|isomorphic)\//;
const OTHERS = globSync('**/*.ts', { cwd: SOURCE })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !BY_GIT.test(path))
  .map((path) => ({
    path,
    code: readFileSync(`${SOURCE}${path}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, ''),
  }));

const LOCAL_STATE = 'what a clone remembers outside git, below its folder `work-ledger`';
const PACKAGE = 'files of this package';
const PROC = "what the system tells of processes, in Linux's /proc";
const NAMED = 'files that a user, or git that calls a hook or a merge driver, names';

/** Each file outside the two layers of git that reads or writes on a disk, and what. None is git's own: objects, refs, configuration. */
const TOUCHES: Readonly<Record<string, readonly string[]>> = {
  'agents/following/follower.ts': ['the folder of a ref, which is watched, and in which nothing is read'],
  'agents/workers/command-agent.ts': ['a temporary folder for what an agent is given', PACKAGE],
  'agents/workers/execution-memory.ts': [LOCAL_STATE],
  'agents/workers/orphaned-executions.ts': [PROC],
  'cli/commands/collaboration/work.ts': ['whether a program that is named can be run'],
  'cli/commands/ledger/merge.ts': [NAMED],
  'cli/commands/ledger/setup.ts': ['whether `wl` is on PATH'],
  'cli/commands/ledger/transfer.ts': [NAMED],
  'cli/input.ts': [NAMED],
  'cli/main.ts': [PACKAGE],
  'cli/package.ts': [PACKAGE],
  'cli/process.ts': [PROC, PACKAGE, 'standard output'],
  'cli/trace.ts': ['the file that WL_TRACE names'],
  'clients/hook.ts': ["a file of its environment that an agent's client names"],
  'clients/places.ts': [PACKAGE],
  'clients/setup.ts': ["a user's files that agents' clients read, in the work tree and at home"],
  'doctor/step-back.ts': [LOCAL_STATE],
  'githooks/client.ts': [NAMED],
  'githooks/install.ts': ["hooks, in the folder that git names: a user's files and not git's", PACKAGE],
  'ledger/backend.ts': ['nothing: it compares the file system that it is given with the disk'],
  'ledger/branch-files.ts': [PACKAGE],
  'ledger/isomorphic-backend.ts': ['nothing: it hands the disk to the layer `isomorphic`'],
  'node.ts': ["files of SQLite whose paths are too long for it, in a user's cache folder"],
  'projection/index-database.ts': [LOCAL_STATE, "the index in a user's cache folder"],
  'review/open-request.ts': [LOCAL_STATE],
  'store/clone-lock.ts': [LOCAL_STATE, PROC],
  'store/damaged-state.ts': [LOCAL_STATE],
  'store/local-state.ts': [LOCAL_STATE],
  'store/request-queue.ts': [LOCAL_STATE],
};

test('given the sources outside git and isomorphic, when they touch a disk, then it is known what, and none of it is what git keeps', () => {
  const touching = OTHERS.filter(({ code }) => /['"](?:node:)?fs(?:\/promises)?['"]/.test(code));
  expect(touching.map(({ path }) => path).sort()).toEqual(Object.keys(TOUCHES));
});

test("given the sources outside git and isomorphic, when they name files, then none is git's own", () => {
  const own =
    /['"`/](?:packed-refs|commondir|config\.worktree|FETCH_HEAD|multi-pack-index|gc\.pid|shallow|alternates)['"`]|objects\/(?:pack|info)|join\([^)]*'(?:objects|refs|logs|HEAD|config)'/;
  expect(OTHERS.filter(({ code }) => own.test(code)).map(({ path }) => path)).toEqual([]);
});
