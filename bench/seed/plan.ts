import { derivedOp } from '../../src/codec/op.ts';
import type { Command } from '../../src/domain/commands.ts';
import { type Asked, Lives, type Role } from './lives.ts';
import { SeededRandom } from './random.ts';

export interface SeedPlan {
  items: number;
  /** All items are created on one day, instead of 30. */
  oneDay: boolean;
}

/** Ten items in a row have these shares. The waiting one is last, so that something open stands before it. */
const BLOCK: readonly Role[] = [
  ...Array<Role>(6).fill('completed'),
  'in_progress',
  'ready',
  'ready',
  'waiting',
];
const TRANSITIONS = 3;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.parse('2026-01-15T00:00:00.000Z');
/** Items that hold the rare word. */
const RARE_ITEMS = 20;

/**
 * The commands of a seed in the order in which they are given, ten items at a time: all ten are created, then each goes through
 * two more transitions, in mixed order. The same plan gives the same commands in every run.
 */
export function* planBlocks({ items, oneDay }: SeedPlan): Generator<Command[]> {
  const random = new SeededRandom(items);
  const step = ((oneDay ? 1 : 30) * DAY_MS) / (items * TRANSITIONS + 1);
  const rareEvery = Math.max(1, Math.floor(items / RARE_ITEMS));
  let given = 0;
  const ask = (actor: string): Asked => {
    given += 1;
    const at = new Date(FIRST_DAY + Math.floor(given * step)).toISOString();
    return { op: opAt(at, given), actor, at };
  };
  const lives = new Lives(random, ask);
  for (let made = 0; made < items; made += BLOCK.length) {
    const roles = [...random.shuffle(BLOCK.slice(0, -1)), ...BLOCK.slice(-1)].slice(0, items - made);
    const ten = roles.map((role, index) => lives.begin(role, (made + index) % rareEvery === 0));
    yield [...ten, ...random.shuffle([...ten, ...ten])].flatMap((life) => life.next().value ?? []);
  }
}

/** A name of version 7 that is the same in every run. */
function opAt(at: string, n: number): string {
  const time = Date.parse(at).toString(16).padStart(12, '0');
  return derivedOp(`${time.slice(0, 8)}-${time.slice(8)}`, String(n));
}
