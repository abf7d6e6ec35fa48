import { appendFile, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderOf, makeGarbageOf, removeObject, type SickClone } from './sick-clone.ts';
import { leaveOwnLock } from './stale-lock.ts';

// States of a clone in which a doctor has to come.

/** A state of a clone in which something is wrong. */
export interface State {
  name: string;
  /** Whether each run of the tests has it: one of each kind. */
  often?: boolean;
  breaks(clone: SickClone): Promise<unknown>;
  /** What the doctor says is wrong. */
  wrong: RegExp;
}

/** The journal puts it back as soon as somebody looks, and then it waits to be shared. */
const MOVED =
  /moved work-ledger away from 1 transition of this clone: create |this clone has transitions that origin has not/;

const SEEN = 'refs/work-ledger/seen/origin';
const BRANCH = 'refs/heads/work-ledger';
const NOWHERE = '1234567890123456789012345678901234567890';
const OP = '0198d6a0-0000-7000-8000-000000000000';

async function writeRef({ gitDir }: SickClone, ref: string, text: string): Promise<void> {
  const path = join(gitDir, ref);
  await rm(path, { recursive: true, force: true });
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
}

const files = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

const LOCAL_STATE: State[] = [
  {
    name: 'a plain file where local state belongs',
    often: true,
    breaks: ({ local }) => makeGarbageOf(local),
    wrong: /work-ledger is in the place of a folder of local state/,
  },
  {
    name: 'garbage in each file of local state',
    often: true,
    breaks: async ({ local }) => Promise.all((await files(local)).map(makeGarbageOf)),
    wrong: /commit\.lock\.sqlite is no database/,
  },
  {
    name: 'a folder in the place of each file of local state',
    often: true,
    breaks: async ({ local }) => Promise.all((await files(local)).map(makeFolderOf)),
    wrong: /contact is in the place of a file/,
  },
  {
    name: 'nothing in each file of local state',
    breaks: async ({ local }) => Promise.all((await files(local)).map((path) => writeFile(path, ''))),
    wrong: /clones\/1, the note of this clone's name, cannot be read/,
  },
  {
    name: 'a file in the place of each folder of local state',
    breaks: async ({ local }) => {
      for (const name of ['clones', 'executions', 'inboxes', 'locks', 'mail', 'sessions'])
        await makeGarbageOf(join(local, name));
    },
    wrong: /locks is in the place of a folder/,
  },
  {
    name: 'a folder in the place of the index',
    breaks: async ({ local }) => {
      for (const name of await readdir(local))
        if (name.startsWith('index-v')) await makeFolderOf(join(local, name));
    },
    wrong: /index-v\d+\.sqlite is in the place of a file/,
  },
  {
    name: 'garbage in the lock that is taken to break locks',
    breaks: ({ local }) => makeGarbageOf(join(local, 'locks.sqlite')),
    wrong: /locks\.sqlite is no database/,
  },
];

const REFS: State[] = [
  ...[SEEN, BRANCH].flatMap((ref): State[] => [
    {
      name: `garbage in ${ref}`,
      often: true,
      breaks: (clone) => writeRef(clone, ref, 'garbage'),
      wrong: /holds no commit/,
    },
    { name: `nothing in ${ref}`, breaks: (clone) => writeRef(clone, ref, ''), wrong: /holds no commit/ },
    {
      name: `what is not here in ${ref}`,
      breaks: (clone) => writeRef(clone, ref, `${NOWHERE}\n`),
      wrong: /names 1234567890\d+, which is not here/,
    },
  ]),
  ...[
    'candidate',
    'inbox/origin/abcd1234',
    `rejected/${OP}`,
    `before-rewrite/${NOWHERE}`,
    'taken/origin',
  ].map(
    (name): State => ({
      name: `garbage in refs/work-ledger/${name}`,
      breaks: (clone) => writeRef(clone, `refs/work-ledger/${name}`, 'garbage'),
      wrong: new RegExp(`refs/work-ledger/${name} holds no commit`),
    }),
  ),
  {
    name: 'a kept transition whose commit is gone',
    breaks: (clone) => writeRef(clone, `refs/work-ledger/rejected/${OP}`, `${NOWHERE}\n`),
    wrong: /rejected\/\S+ names 1234567890\d+, which is not here/,
  },
  {
    name: 'a folder of refs in the place of what was seen',
    breaks: async (clone) => {
      const tip = await clone.git('rev-parse', 'work-ledger');
      await clone.git('update-ref', '-d', SEEN);
      await writeRef(clone, `${SEEN}/x/y`, `${tip}\n`);
    },
    wrong: /seen\/origin holds no commit/,
  },
  {
    name: 'garbage among packed refs',
    often: true,
    breaks: async ({ git, gitDir }) => {
      await git('pack-refs', '--all');
      await appendFile(join(gitDir, 'packed-refs'), 'garbage\n');
    },
    wrong: /packed-refs has 1 line that git cannot read: "garbage"/,
  },
  {
    name: 'garbage in the place of packed refs',
    breaks: async ({ git, gitDir }) => {
      await git('pack-refs', '--all');
      await makeGarbageOf(join(gitDir, 'packed-refs'));
    },
    wrong: /packed-refs has 1 line that git cannot read/,
  },
  {
    name: 'a branch that somebody deleted',
    breaks: ({ git }) => git('branch', '-D', 'work-ledger'),
    wrong: MOVED,
  },
  {
    name: 'a branch that somebody set back',
    breaks: ({ git }) => git('branch', '-f', 'work-ledger', 'origin/work-ledger'),
    wrong: MOVED,
  },
  {
    name: 'a branch that a fetch overwrote',
    often: true,
    breaks: ({ git }) => git('fetch', 'origin', '+work-ledger:work-ledger'),
    wrong: MOVED,
  },
  {
    name: 'a remote under another name',
    often: true,
    breaks: ({ git }) => git('remote', 'rename', 'origin', 'upstream'),
    wrong: /what this clone saw of origin is kept under that name, and the remote is called upstream now/,
  },
  {
    name: 'a fetch that is set up to overwrite the branch',
    breaks: ({ git }) => git('config', '--add', 'remote.origin.fetch', '+refs/heads/*:refs/heads/*'),
    wrong: /a plain git fetch of origin overwrites work-ledger here/,
  },
  {
    name: 'a mirror',
    often: true,
    breaks: async ({ git }) => {
      await git('config', 'remote.origin.fetch', '+refs/*:refs/*');
      await git('config', 'remote.origin.mirror', 'true');
    },
    wrong: /a plain git fetch of origin overwrites work-ledger here/,
  },
];

const OBJECTS: State[] = [
  ...(['work-ledger~1', 'work-ledger~1^{tree}', 'work-ledger~1:active', 'work-ledger~2'] as const).map(
    (name): State => ({
      name: `${name} missing`,
      breaks: (clone) => removeObject(clone, name),
      wrong: /objects of the ledger are missing here|is not here/,
    }),
  ),
  {
    name: 'the file of an item missing',
    often: true,
    async breaks(clone) {
      const listed = await clone.git('ls-tree', '-r', '--name-only', 'work-ledger~1', 'active');
      await removeObject(clone, `work-ledger~1:${listed.split('\n')[0]}`);
    },
    wrong: /objects of the ledger are missing here: the blob/,
  },
  {
    name: 'garbage in the file of a commit',
    async breaks({ git, gitDir }) {
      const oid = await git('rev-parse', 'work-ledger~2');
      await makeGarbageOf(join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2)));
    },
    wrong: /holds no object that git can read|missing here/,
  },
  {
    name: 'a pack without its index',
    often: true,
    async breaks({ git, gitDir }) {
      await git('repack', '-adq');
      for (const path of await files(join(gitDir, 'objects/pack'))) if (path.endsWith('.idx')) await rm(path);
    },
    wrong: /is not the index of its pack/,
  },
  {
    name: 'a pack with the index of another',
    async breaks({ git, gitDir }) {
      await git('repack', '-adq');
      for (const path of await files(join(gitDir, 'objects/pack')))
        if (path.endsWith('.idx')) await makeGarbageOf(path);
    },
    wrong: /is not the index of its pack/,
  },
];

const AROUND: State[] = [
  {
    name: 'no HEAD',
    often: true,
    breaks: ({ gitDir }) => rm(join(gitDir, 'HEAD')),
    wrong: /HEAD is gone, and git opens no repository/,
  },
  {
    name: 'garbage in HEAD',
    breaks: ({ gitDir }) => makeGarbageOf(join(gitDir, 'HEAD')),
    wrong: /HEAD names no branch/,
  },
  {
    name: 'merging by a program that is gone',
    often: true,
    breaks: ({ git }) =>
      git('config', 'merge.work-ledger.driver', "'/gone/node' '/gone/wl' merge-driver %O %A %B %P"),
    wrong: /git merges items in this clone by \/gone\/node, which is gone/,
  },
  {
    name: 'a clone that joined by itself',
    breaks: ({ git }) => git('config', '--remove-section', 'merge.work-ledger'),
    wrong: /git does not know how to merge items in this clone/,
  },
  {
    name: 'the lock of a process that died',
    often: true,
    breaks: ({ gitDir }) => leaveOwnLock(gitDir, BRANCH),
    wrong: /work-ledger\.lock is the lock of a process that is dead/,
  },
];

/** States that can be mended without losing anything. */
export const MENDED: readonly State[] = [...LOCAL_STATE, ...REFS, ...OBJECTS, ...AROUND];

/** What nobody but a person can mend, or only who has a lock: it is told, nothing is changed, and what waits stays. */
export const TOLD: readonly (State & { how: RegExp })[] = [
  ...[BRANCH, SEEN, 'packed-refs', 'config'].map((name) => ({
    name: `an old lock of git on ${name}`,
    often: name === BRANCH,
    async breaks({ gitDir }: SickClone) {
      await writeFile(join(gitDir, `${name}.lock`), '');
      await utimes(join(gitDir, `${name}.lock`), 1, 1);
    },
    wrong: /\.lock is old: whoever took it is likely dead/,
    how: /^where no git process works here \(ps\), remove it: rm '.*\.lock'$/,
  })),
  {
    name: 'a lock that git took a moment ago and keeps',
    breaks: ({ gitDir }) => writeFile(join(gitDir, `${SEEN}.lock`), ''),
    wrong: /origin\.lock is in the way/,
    how: /wl doctor/,
  },
  {
    name: 'a configuration that git cannot read',
    often: true,
    breaks: ({ gitDir }) => appendFile(join(gitDir, 'config'), '[[[\n'),
    wrong: /git cannot read its configuration: .*bad config line \d+/,
    how: /look at line \d+ of \S*config, and mend it by hand/,
  },
  {
    name: 'a mode that is none',
    often: true,
    breaks: ({ git }) => git('config', 'ledger.mode', 'sideways'),
    wrong: /ledger\.mode is "sideways"; it can be push or local/,
    how: /git config/,
  },
  {
    name: 'a name that is no branch',
    breaks: ({ git }) => git('config', 'ledger.branch', '..bad'),
    wrong: /"\.\.bad" is not a branch name/,
    how: /git config ledger\.branch/,
  },
  {
    name: 'a remote that is not there',
    breaks: ({ git }) => git('config', 'ledger.remote', 'nowhere'),
    wrong: /The repository has no remote "nowhere"/,
    how: /it has: origin/i,
  },
  {
    name: 'a merge under way where the branch is checked out',
    often: true,
    async breaks({ git, gitDir }) {
      await git('checkout', '--quiet', 'work-ledger');
      await writeFile(join(gitDir, 'MERGE_HEAD'), `${await git('rev-parse', 'HEAD~1')}\n`);
    },
    wrong: /work-ledger is checked out in .*, and a merge is under way there/,
    how: /^end it: wl resolve$/,
  },
];
