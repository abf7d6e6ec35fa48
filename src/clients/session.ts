import type { WorkLedger } from '../index.ts';
import { connectionOf } from '../ledger/connection.ts';
import type { TodoList } from './todos.ts';

/** What a clone remembers of a client's session, outside git. */
export interface Session {
  todos: TodoList;
  /** Claims about which the agent was asked before it stopped: item and epoch. */
  asked: readonly string[];
}

const FOLDER = 'sessions';
const NEW: Session = { todos: {}, asked: [] };

/** A session's notes in the state of its clone. */
export class SessionNotes {
  readonly #state;
  readonly #key: string;

  /** @param execution_id of the session: what makes a name of a file of it */
  constructor(ledger: WorkLedger, execution_id: string) {
    this.#state = connectionOf(ledger).state;
    this.#key = `${FOLDER}/${execution_id.replaceAll(/[^\w-]/g, '_')}`;
  }

  read(): Session {
    try {
      const value: unknown = JSON.parse(this.#state.get(this.#key) ?? '{}');
      return { ...NEW, ...(value as Partial<Session>) };
    } catch {
      // A damaged note is none.
      return NEW;
    }
  }

  write(session: Session): void {
    this.#state.set(this.#key, JSON.stringify(session));
  }

  forget(): void {
    this.#state.delete(this.#key);
  }
}
