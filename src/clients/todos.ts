/** One line of what an agent means to do. */
export interface Todo {
  text: string;
  status: 'pending' | 'in_progress' | 'completed';
}

/** What a call of a client's tool did to the list: wrote all of it, or changed the task of a name. */
export type TodoChange =
  | { kind: 'all'; todos: Todo[] }
  | { kind: 'one'; id: string; text: string | undefined; status: Todo['status'] | 'deleted' | undefined };

/** A list as it is kept, by the names of its tasks. */
export type TodoList = Readonly<Record<string, Todo>>;

/** More than an agent reads again. */
const [MOST, LENGTH] = [40, 160];

/** All of a list, of which each line has its text under `key`. */
export function todoList(input: unknown, key: string, list = 'todos'): TodoChange | undefined {
  const lines = isMap(input) ? input[list] : undefined;
  if (!Array.isArray(lines)) return undefined;
  const todos = lines.flatMap((line: unknown): Todo[] => {
    const text = isMap(line) ? line[key] : undefined;
    return isMap(line) && typeof text === 'string'
      ? [{ text: cut(text), status: toStatus(line.status) }]
      : [];
  });
  return { kind: 'all', todos: todos.slice(0, MOST) };
}

/** A task that was made or changed. */
export function taskChange(input: unknown, response: unknown): TodoChange | undefined {
  if (!isMap(input)) return undefined;
  const made = isMap(response) && isMap(response.task) ? response.task.id : undefined;
  const id = input.taskId ?? made;
  if (typeof id !== 'string') return undefined;
  const { subject, status } = input;
  return {
    kind: 'one',
    id,
    text: typeof subject === 'string' ? cut(subject) : undefined,
    status: status === 'deleted' ? 'deleted' : status === undefined ? undefined : toStatus(status),
  };
}

/** The list after a change. */
export function changed(list: TodoList, change: TodoChange): TodoList {
  if (change.kind === 'all')
    return Object.fromEntries(change.todos.map((todo, at) => [String(at + 1), todo]));
  const { [change.id]: before, ...others } = list;
  if (change.status === 'deleted') return others;
  const text = change.text ?? before?.text;
  if (text === undefined) return list;
  const todo = { text, status: change.status ?? before?.status ?? 'pending' };
  return before === undefined && Object.keys(list).length >= MOST ? list : { ...list, [change.id]: todo };
}

/** Where the work stands by the list, in the words of a checkpoint. */
export function progressOf(todos: readonly Todo[]): { step: string; next_action?: string } | undefined {
  if (todos.length === 0) return undefined;
  const done = todos.filter(({ status }) => status === 'completed').length;
  const next =
    todos.find(({ status }) => status === 'in_progress') ?? todos.find(({ status }) => status === 'pending');
  return { step: `${done} of ${todos.length} done`, ...(next && { next_action: next.text }) };
}

const toStatus = (value: unknown): Todo['status'] =>
  value === 'completed' || value === 'in_progress' ? value : 'pending';

const cut = (text: string): string => text.trim().slice(0, LENGTH);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
