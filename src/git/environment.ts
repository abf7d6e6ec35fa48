/**
 * The environment git runs in: the caller's, without what would point git at a work tree, an index, other objects or a prompt. Hooks are
 * off, texts are English, nothing asks for a password on a terminal. Objects are what their names say, also where the clone
 * has others in their place (`git replace`): what is shared are the originals.
 *
 * What the hooks of a remote print comes back as the remote's answer, so no trace is asked of them.
 *
 * @param incoming whether git also sees the objects of the push that this process was started to judge: git keeps them apart
 *   until they are accepted, and says where in its environment
 */
export function gitEnvironment(incoming = false): NodeJS.ProcessEnv {
  const {
    GIT_DIR,
    GIT_WORK_TREE,
    GIT_INDEX_FILE,
    GIT_OBJECT_DIRECTORY,
    GIT_PREFIX,
    GIT_EDITOR,
    EDITOR,
    PAGER,
    GIT_PAGER,
    WL_TRACE,
    ...rest
  } = process.env;
  return {
    ...rest,
    ...(incoming && GIT_OBJECT_DIRECTORY !== undefined && { GIT_OBJECT_DIRECTORY }),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    LC_ALL: 'C',
  };
}

/** Settings of every call: no hooks, no background work that a caller would wait for, durable objects and refs. */
export const GIT_SETTINGS = [
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'core.fsync=committed,loose-object,reference',
] as const;

export const SETTING_ARGS: readonly string[] = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
