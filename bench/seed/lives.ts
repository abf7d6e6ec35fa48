import type { Command, Request } from '../../src/domain/commands.ts';
import { idDate, numberedId, type WorkId } from '../../src/domain/ids.ts';
import { WORK_TYPES } from '../../src/domain/item.ts';
import type { SeededRandom } from './random.ts';
import { drawText, drawTitle, RARE_WORD } from './words.ts';

/** How an item of the seed ends up. A waiting one is pending, and depends on an open one. */
export type Role = 'completed' | 'in_progress' | 'ready' | 'waiting';
export type Asked = Pick<Request, 'op' | 'actor' | 'at'>;

const ACTORS = ['ada', 'bob', 'cleo', 'dan', 'eve'] as const;
const PRIORITIES = ['low', 'medium', 'medium', 'medium', 'high', 'high', 'critical'] as const;
const LABELS = ['api', 'ui', 'storage', 'docs', 'ops', 'security'] as const;
const DESCRIPTION_BYTES = 370;
/** So many of the latest items can be depended on. */
const REMEMBERED = 100;

/** Lives of items: each a series of three commands, made when they are asked for. */
export class Lives {
  readonly #random: SeededRandom;
  readonly #ask: (actor: string) => Asked;
  readonly #numbers = new Map<string, number>();
  #open: WorkId[] = [];
  #completed: WorkId[] = [];

  constructor(random: SeededRandom, ask: (actor: string) => Asked) {
    this.#random = random;
    this.#ask = ask;
  }

  *begin(role: Role, rare: boolean): Generator<Command> {
    const [author, worker] = [this.#random.pick(ACTORS), this.#random.pick(ACTORS)];
    const create = this.#create(role, author, rare);
    yield create;
    const { id } = create;
    if (role === 'ready' || role === 'waiting') {
      yield { verb: 'update', ...this.#ask(author), id, patch: { labels: { add: ['triaged'] } } };
      yield { verb: 'comment', ...this.#ask(worker), id, body: drawText(this.#random, 80) };
      return;
    }
    const execution_id = `exec-${id.slice(4)}`;
    yield { verb: 'claim', ...this.#ask(worker), id, execution_id };
    const fence = { epoch: 1, execution_id };
    if (role === 'completed') {
      yield {
        verb: 'complete',
        ...this.#ask(worker),
        id,
        ...fence,
        result: { commit: create.op.slice(-12) },
      };
    } else {
      const checkpoint = { step: 'half', next_action: drawTitle(this.#random) };
      yield { verb: 'checkpoint', ...this.#ask(worker), id, ...fence, checkpoint };
    }
  }

  #create(role: Role, author: string, rare: boolean) {
    const random = this.#random;
    const asked = this.#ask(author);
    const id = this.#nextId(asked.at);
    const fields = {
      title: drawTitle(random),
      type: random.pick(WORK_TYPES.slice(0, 9) as ['task']),
      priority: random.pick(PRIORITIES),
      labels: [random.pick(LABELS)],
      description: drawText(random, DESCRIPTION_BYTES, rare ? [RARE_WORD] : []),
      dependencies: this.#dependencies(role),
    };
    if (role === 'completed') this.#completed = [...this.#completed, id].slice(-REMEMBERED);
    else if (role !== 'waiting') this.#open = [...this.#open, id].slice(-REMEMBERED);
    return { verb: 'create', ...asked, id, fields } as const;
  }

  /** A waiting item depends on an open one; of the ready ones, some depend on what is completed by then. */
  #dependencies(role: Role): WorkId[] {
    const [first, ...rest] =
      role === 'waiting' ? this.#open : role === 'ready' ? this.#completed.slice(0, -10) : [];
    const wanted = role === 'waiting' || this.#random.below(4) === 0;
    return first !== undefined && wanted ? [this.#random.pick([first, ...rest])] : [];
  }

  #nextId(at: string): WorkId {
    const date = idDate(at);
    const number = (this.#numbers.get(date) ?? 0) + 1;
    this.#numbers.set(date, number);
    return numberedId('WRK', date, number);
  }
}
