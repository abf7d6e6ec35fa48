import { type TodoChange, taskChange, todoList } from './todos.ts';

// What each client that runs agents tells its hooks, and how it is answered. A client is a row: nothing else here knows one by name.

/** What happens to a session, whatever its client calls it. */
export type Moment =
  /** It starts, is taken up again, or has lost its conversation: the agent is told where it stands. */
  | 'begin'
  /** The agent wrote its list of what is to do. */
  | 'plan'
  /** The conversation is about to be shortened. */
  | 'compact'
  /** The agent is about to stop, and can be asked to go on. */
  | 'pause'
  | 'end';

/** What a client writes on a hook's standard input. */
export type Payload = Readonly<Record<string, unknown>>;

export interface Dialect {
  /** By the client's own name of an event. */
  moments: Readonly<Record<string, Moment>>;
  session(payload: Payload): unknown;
  folder(payload: Payload): unknown;
  /** What became of the list of what is to do. */
  todos(payload: Payload, event: string): TodoChange | undefined;
  /** True where the agent goes on already because a hook asked it to. */
  isAsked(payload: Payload): boolean;
  /** How the execution gets into the agent's shell: by a file that a variable names, by the answer, by a variable that the client sets; or not. */
  binding: 'file' | 'answer' | 'variable' | 'none';
  /** What the agent is told at `begin`. */
  context(text: string, event: string, execution_id: string): object;
  /** What keeps it from stopping; `undefined` where the client offers nothing. */
  ask?: ((text: string) => object) | undefined;
  /** What a person is shown where a hook went wrong; standard error has it in any case. */
  trouble?: ((text: string) => object) | undefined;
}

const inSnakeCase = {
  session: ({ session_id }: Payload) => session_id,
  folder: ({ cwd }: Payload) => cwd,
  isAsked: ({ stop_hook_active }: Payload) => stop_hook_active === true,
} as const;

const additionalContext = (text: string, event: string): object => ({
  hookSpecificOutput: { hookEventName: event, additionalContext: text },
});
const block = (text: string): object => ({ decision: 'block', reason: text });
const systemMessage = (text: string): object => ({ systemMessage: text });

/** The tools by which Claude Code's agent writes what is to do: the whole list, or a task of it. */
const CLAUDE_TODOS: Readonly<Record<string, (payload: Payload) => TodoChange | undefined>> = {
  TodoWrite: ({ tool_input }) => todoList(tool_input, 'content'),
  TaskCreate: ({ tool_input, tool_response }) => taskChange(tool_input, tool_response),
  TaskUpdate: ({ tool_input, tool_response }) => taskChange(tool_input, tool_response),
};

export const DIALECTS = {
  claude: {
    ...inSnakeCase,
    moments: {
      SessionStart: 'begin',
      PostToolUse: 'plan',
      PreCompact: 'compact',
      Stop: 'pause',
      SessionEnd: 'end',
    },
    todos: (payload) => CLAUDE_TODOS[String(payload.tool_name)]?.(payload),
    binding: 'file',
    context: additionalContext,
    ask: block,
    trouble: systemMessage,
  },
  codex: {
    ...inSnakeCase,
    moments: { SessionStart: 'begin', PostToolUse: 'plan', PreCompact: 'compact', Stop: 'pause' },
    todos: ({ tool_name, tool_input }) =>
      tool_name === 'update_plan' ? todoList(tool_input, 'step', 'plan') : undefined,
    binding: 'variable',
    context: additionalContext,
    ask: block,
    trouble: systemMessage,
  },
  gemini: {
    ...inSnakeCase,
    moments: {
      SessionStart: 'begin',
      AfterTool: 'plan',
      PreCompress: 'compact',
      AfterAgent: 'pause',
      SessionEnd: 'end',
    },
    todos: ({ tool_name, tool_input }) =>
      tool_name === 'write_todos' ? todoList(tool_input, 'description') : undefined,
    binding: 'none',
    context: additionalContext,
    ask: (text) => ({ decision: 'deny', reason: text }),
    trouble: systemMessage,
  },
  copilot: {
    moments: { sessionStart: 'begin', preCompact: 'compact', agentStop: 'pause', sessionEnd: 'end' },
    session: ({ sessionId, session_id }) => sessionId ?? session_id,
    folder: ({ cwd }) => cwd,
    todos: () => undefined,
    isAsked: ({ stopHookActive, stop_hook_active }) => (stopHookActive ?? stop_hook_active) === true,
    binding: 'none',
    context: (text) => ({ additionalContext: text }),
    ask: block,
  },
  cursor: {
    moments: { sessionStart: 'begin', preCompact: 'compact', stop: 'pause', sessionEnd: 'end' },
    session: ({ conversation_id, session_id }) => conversation_id ?? session_id,
    folder: ({ workspace_roots, cwd }) => (Array.isArray(workspace_roots) ? workspace_roots[0] : cwd),
    todos: () => undefined,
    isAsked: ({ loop_count }) => typeof loop_count === 'number' && loop_count > 0,
    binding: 'answer',
    context: (text, _event, execution_id) => ({
      additional_context: text,
      env: { WL_EXECUTION_ID: execution_id },
    }),
    ask: (text) => ({ followup_message: text }),
  },
  // What its plugin sends and reads, which is ours.
  opencode: {
    ...inSnakeCase,
    moments: { begin: 'begin', todos: 'plan', compact: 'compact', idle: 'pause', end: 'end' },
    todos: (payload) => todoList(payload, 'content'),
    binding: 'answer',
    context: (text, _event, execution_id) => ({ context: text, execution_id }),
    ask: (text) => ({ ask: text }),
  },
} as const satisfies Record<string, Dialect>;

export type HookedClient = keyof typeof DIALECTS;
export const isHooked = (name: string): name is HookedClient => Object.hasOwn(DIALECTS, name);
export const dialectOf = (name: HookedClient): Dialect => DIALECTS[name];
