/** Names another repository, work tree, index or history than the one that git is told, or reads paths in another way. */
const ELSEWHERE = [
  'GIT_DIR',
  'GIT_COMMON_DIR',
  'GIT_NAMESPACE',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_OBJECT_DIRECTORY',
  'GIT_GRAFT_FILE',
  'GIT_SHALLOW_FILE',
  'GIT_REPLACE_REF_BASE',
  'GIT_ATTR_SOURCE',
  // Of git's commands only `git config` goes by it.
  'GIT_CONFIG',
  'GIT_LITERAL_PATHSPECS',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_REDIRECT_STDIN',
  'GIT_REDIRECT_STDOUT',
  'GIT_REDIRECT_STDERR',
];

/** Names a program that nothing here needs. Those that reach a remote (`GIT_SSH_COMMAND`, `GIT_ASKPASS` and their like) stay. */
const PROGRAMS = [
  'EDITOR',
  'VISUAL',
  'GIT_EDITOR',
  'GIT_SEQUENCE_EDITOR',
  'PAGER',
  'GIT_PAGER',
  'GIT_EXTERNAL_DIFF',
  'GIT_TEMPLATE_DIR',
];

/** Forbids to move refs, as git does to what its hooks start; and dates, which git need not be able to read where none is made. */
const IN_THE_WAY = ['GIT_QUARANTINE_PATH', 'GIT_AUTHOR_DATE', 'GIT_COMMITTER_DATE'];

const TAKEN_AWAY: ReadonlySet<string> = new Set([
  ...IN_THE_WAY,
  ...ELSEWHERE,
  ...PROGRAMS,
  'GIT_CURL_VERBOSE',
  'WL_TRACE',
]);

/** Where git is to tell what it does, but for how much of it. On standard error it would be taken for git's answer; a file may be. */
const TRACE = /^GIT_TRACE(?!\w*_(?:REDACT|NO_DATA|BRIEF|NESTING|MAX_FILES|DST_DEBUG)$)/;
const OPEN_ALREADY = /^(?:[1-9]|true)$/i;

/**
 * The environment of every git process: the caller's, with all that git needs to reach a remote as the caller reaches it, and
 * without what would point git elsewhere, run a program that is not needed, or mix something into its answers. Nothing asks for a
 * password on a terminal; texts are English. Objects are what their names say, also where the clone has others in their place
 * (`git replace`): what is shared are the originals.
 *
 * What the hooks of a remote print comes back as the remote's answer, so no trace is asked of them.
 *
 * @param incoming whether git also sees the objects of the push that this process was started to judge: git keeps them apart
 *   until they are accepted, and says where in its environment
 */
export function gitEnvironment(incoming = false): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name, value = '']) =>
      (!TAKEN_AWAY.has(name) || (incoming && name === 'GIT_OBJECT_DIRECTORY')) &&
      !(TRACE.test(name) && OPEN_ALREADY.test(value)),
  );
  return {
    ...Object.fromEntries(kept),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    LC_ALL: 'C',
  };
}

/**
 * Settings of every call, whatever files and the environment say: no hooks, no background work that a caller would wait for,
 * durable objects and refs, and none of the programs that a command here would start without needing them. Editors, pagers,
 * aliases, external diffs and their like belong to commands that are not used here. Filters are left to the user: what git writes
 * into a work tree has to be as the user's own git writes it.
 */
export const GIT_SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.alternateRefsCommand=true',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.fsync=committed,loose-object,reference',
] as const;

export const SETTING_ARGS: readonly string[] = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
