import { asName, markData, quoted, type WorkItem, type WorkLedger } from '../index.ts';
import { answersIn } from './answers.ts';
import { SHORT_PRIORITY } from './typed.ts';

// Where one execution stands in the ledger, and what an agent is told of it when it begins or begins again.

/** What was claimed in this clone and is held still, the newest claim first. */
export interface Held {
  /** By the execution that asks; by every one, where it names none. */
  own: WorkItem[];
  /** By other executions of the same actor. */
  others: WorkItem[];
}

export interface Standing {
  actor: string;
  execution_id: string | null;
  held: WorkItem[];
  held_by_others: WorkItem[];
  /** The most urgent items that can be claimed. */
  ready: WorkItem[];
  ready_count: number;
}

const READY_SHOWN = 3;

/** What the actor claimed in this clone and still holds, told apart by execution. */
export async function readHeld(ledger: WorkLedger, execution_id: string | undefined): Promise<Held> {
  const held = (await ledger.query.held()).toSorted((one, other) => claimedAt(other) - claimedAt(one));
  const isOwn = ({ claim }: WorkItem): boolean =>
    execution_id === undefined || claim?.execution_id === execution_id;
  return { own: held.filter(isOwn), others: held.filter((item) => !isOwn(item)) };
}

const claimedAt = ({ claim }: WorkItem): number => Date.parse(claim?.claimed_at ?? '') || 0;

/** Where the execution stands: what it holds, and what it could take. */
export async function readStanding(ledger: WorkLedger, execution_id: string | undefined): Promise<Standing> {
  const { own, others } = await readHeld(ledger, execution_id);
  return { ...(await standingOf(ledger, own)), execution_id: execution_id ?? null, held_by_others: others };
}

/** The same of who knows what it holds. */
export async function standingOf(ledger: WorkLedger, held: WorkItem[]): Promise<Standing> {
  const ready = await ledger.query.ready({ limit: READY_SHOWN });
  return {
    actor: ledger.actor,
    execution_id: null,
    held,
    held_by_others: [],
    ready,
    ready_count: ready.length < READY_SHOWN ? ready.length : await ledger.query.countReady(),
  };
}

/** What the text of `primeLines` may cost a model, in tokens. */
export const PRIME_TOKENS = 600;

/** How an agent names its execution in each call: it stands in its environment already, or it has to say so itself. */
export type Naming = 'environment' | 'by_hand';

/**
 * What an agent reads when it begins, or when it has lost its conversation: who it is, what it holds and where it stands, what else is
 * ready, and how to go on. At most `PRIME_TOKENS` tokens, whatever the items say.
 *
 * @param naming how it names its execution
 * @see markData, for what keeps texts of the ledger apart
 */
export const primeLines = (standing: Standing, now: Date, naming: Naming = 'environment'): string[] => [
  ...standingLines(standing, now, naming),
  ...howLines(standing),
];

/** The same without how to go on, for who is told that in another way. */
export function standingLines(standing: Standing, now: Date, naming: Naming = 'environment'): string[] {
  const who = whoLine(standing, naming);
  const budget = new Budget(FACTS - costOf(who));
  const { note, blocks } = markData([factLines(standing, now, budget).join('\n')]);
  return [who, note, ...blocks.flatMap((block) => block.split('\n'))];
}

/** What all that is not always the same may cost, by `costOf`. */
const FACTS = 330;
/** Of that, what is held, and what other executions hold; the rest is for what is ready. */
const [HELD, OTHERS] = [140, 80];
/** The most that a single text may cost. */
const [NAME, TITLE, TEXT] = [20, 45, 50];
/** What the program's own words cost in a line about an item. */
const WORDS = 12;

/** Gives out what texts may cost, first come, first served. */
class Budget {
  #left: number;

  constructor(cost: number) {
    this.#left = cost;
  }

  /** Sets so much apart for a section. */
  section(most: number): Budget {
    return new Budget(Math.min(most, this.#left));
  }

  /** True where there is room for another line about an item, which is taken then. */
  opens(id: string): boolean {
    const cost = costOf(id) + WORDS;
    if (this.#left < cost + WORDS) return false;
    this.#left -= cost;
    return true;
  }

  /** The beginning of a text, on one line and in quotes: as much as it may cost, and as is left. */
  quote(text: string, most: number): string {
    const shown = quoted(cutToCost(text, Math.min(most, this.#left), quoted));
    this.#left -= costOf(shown);
    return shown;
  }

  close(section: Budget, most: number): void {
    this.#left -= Math.min(most, this.#left) - section.#left;
  }
}

function whoLine({ actor, execution_id }: Standing, naming: Naming): string {
  const name = `You work on the ledger of this repository, by \`wl\`, as ${asName(cutToCost(actor, NAME, asName))}`;
  if (execution_id === null) return `${name}.`;
  // An execution is stated as it is, or not at all: half of it is another one.
  if (!/^[\w.:@/+-]{1,64}$/.test(execution_id)) return `${name}, as the execution in WL_EXECUTION_ID.`;
  return naming === 'environment'
    ? `${name}, as execution ${execution_id} (your shell has it in WL_EXECUTION_ID).`
    : `${name}. Begin each call of it with: WL_EXECUTION_ID=${execution_id} wl`;
}

function factLines(standing: Standing, now: Date, budget: Budget): string[] {
  const { held, held_by_others, ready, ready_count } = standing;
  const own = listed(held, budget, HELD, (item, left) => heldLines(item, now, left));
  const others = listed(held_by_others, budget, OTHERS, ({ id, title }, left) => [
    `  ${id} ${left.quote(title, TITLE)}`,
  ]);
  const free = listed(ready, budget, FACTS, ({ id, priority, type, title }, left) => [
    `  ${id} ${SHORT_PRIORITY[priority]} ${type} ${left.quote(title, TITLE)}`,
  ]);
  return [
    ...(held.length === 0
      ? ['You hold nothing.']
      : [`You hold${more(held.length, own.count)}:`, ...own.lines]),
    ...(held_by_others.length === 0
      ? []
      : [
          `Other executions of this clone hold${more(held_by_others.length, others.count)}:`,
          ...others.lines,
        ]),
    ...(ready_count === 0
      ? ['Nothing is ready.']
      : [`Ready${more(ready_count, free.count)}:`, ...free.lines]),
  ];
}

/** As many items as a section has room for. */
function listed(
  items: readonly WorkItem[],
  budget: Budget,
  most: number,
  linesOf: (item: WorkItem, budget: Budget) => string[],
): { lines: string[]; count: number } {
  const section = budget.section(most);
  const shown = [];
  for (const item of items) {
    if (!section.opens(item.id)) break;
    shown.push(linesOf(item, section));
  }
  budget.close(section, most);
  return { lines: shown.flat(), count: shown.length };
}

const more = (all: number, shown: number): string => (all > shown ? ` (${shown} of ${all})` : '');

const ANSWERS_SHOWN = 2;

function heldLines(item: WorkItem, now: Date, budget: Budget): string[] {
  const { id, title, status, checkpoint, block, attempts } = item;
  const lines = [`  ${id} ${status}, attempt ${attempts}: ${budget.quote(title, TITLE)}`];
  if (checkpoint === undefined) lines.push('    no checkpoint yet');
  else {
    const { at, next_action: next, step, summary, work_ref: on } = checkpoint;
    const said = Object.entries({ next, step, on, summary }).flatMap(([name, text]) =>
      text === undefined ? [] : [`${name} ${budget.quote(text, TEXT)}`],
    );
    lines.push(`    checkpoint ${ago(at, now)}: ${said.join(', ')}`);
  }
  for (const { question, answer } of answersIn(item).slice(-ANSWERS_SHOWN))
    lines.push(`    answered: ${budget.quote(question, NAME)} ${budget.quote(answer, TEXT)}`);
  if (block?.reason !== undefined) lines.push(`    blocked: ${budget.quote(block.reason, TEXT)}`);
  return lines;
}

function ago(at: string, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 60_000)) || 0;
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}

/** Five lines. */
const howLines = ({ held, held_by_others: others }: Standing): string[] => [
  held.length === 0
    ? '- Begin: `wl next --claim` takes the most urgent item; `wl resume ID` tells all of it.'
    : '- Go on with what you hold: `wl resume ID` tells all of it. What a checkpoint calls an effect is done.',
  '- At each step that would be a loss to repeat: `wl checkpoint ID --step "done so far" --next "to do next"`.',
  '- Work that you find on the way: `wl create "title"`, with `--parent ID` or `--depends-on ID` where it belongs.',
  '- End it: `wl complete ID`, `wl fail ID --error "why"`, `wl release ID --reason "why"`; to ask a person: `wl escalate ID "question"`.',
  others.length === 0
    ? "- Exit status 5: the item is someone else's now. Leave it, and take the next one."
    : '- Exit status 5: leave the item. Where another execution has ended, `wl adopt ID` hands its item on to you.',
];

const CLASSES = /[a-z]+|[A-Z]+|\d+|\s+|[!-~]|[^\0-\x7f]/gu;

/**
 * At least as many tokens as tokenizers make of a text: letters that form no word are the worst of their kind, other characters count by
 * their bytes.
 */
export function costOf(text: string): number {
  let cost = 0;
  for (const [part] of text.matchAll(CLASSES)) cost += costOfPart(part);
  return Math.ceil(cost);
}

function costOfPart(part: string): number {
  if (/^\s/.test(part)) return part === ' ' ? 0.1 : part.length;
  if (/^[a-z]/i.test(part)) return Math.max(1, part.length * 0.75);
  if (/^\d/.test(part)) return Math.max(1, part.length * 0.5);
  return Buffer.byteLength(part);
}

/** The beginning of a text that costs no more than that once it is printed; on one line. */
function cutToCost(text: string, most: number, print: (text: string) => string): string {
  const line = text.slice(0, 1_000).replaceAll(/\s+/g, ' ').trim();
  if (costOf(print(line)) <= most) return line;
  const characters = [...line];
  let [fits, over] = [0, characters.length];
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    const cost = costOf(print(`${characters.slice(0, middle).join('')}…`));
    if (cost <= most) fits = middle;
    else over = middle;
  }
  return `${characters.slice(0, fits).join('').trimEnd()}…`;
}
