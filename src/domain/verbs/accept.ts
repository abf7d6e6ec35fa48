import { listOf, text } from '../check-input.ts';
import { LedgerError } from '../errors.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { firstOf } from '../text.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { OPEN } from './shared.ts';

type AcceptInput = {
  id: WorkId;
  /** Criteria that are met, by their texts. */
  met?: readonly string[] | undefined;
  /** Criteria that are not met after all. */
  open?: readonly string[] | undefined;
};

/** Says of criteria of acceptance that they are met, or are open after all. Others may say the same of other criteria meanwhile. */
export const accept: ChangingVerb<AcceptInput> = defineVerb({
  from: OPEN,
  to: 'same',
  by: 'anyone',
  input: { met: listOf(text), open: listOf(text) },
  line: 'accepted',
  overwrites: (item, { met = [], open = [] }) =>
    Object.fromEntries([...met, ...open].map((text) => [`acceptance.${text}`, isMet(item, text)])),
  apply(item, { met = [], open = [] }) {
    const unknown = [...met, ...open].filter((text) => isMet(item, text) === undefined);
    if (unknown.length > 0) throw noCriterion(item, unknown);
    const acceptance = item.acceptance.map(({ text, done }) => ({
      text,
      done: open.includes(text) ? false : done || met.includes(text),
    }));
    const isChanged = acceptance.some(({ done }, at) => done !== item.acceptance[at]?.done);
    return isChanged ? { ...item, acceptance } : 'unchanged';
  },
  read: ({ before, after }) => {
    const changed = after.acceptance.filter(({ done }, at) => before?.acceptance[at]?.done !== done);
    const named = (isDone: boolean): string[] =>
      changed.filter(({ done }) => done === isDone).map(({ text }) => text);
    return before && { met: named(true), open: named(false) };
  },
  content: ({ met, open }) => ({ met, open }),
});

/** @returns `undefined` where the item has no such criterion */
function isMet({ acceptance }: WorkItem, wanted: string): boolean | undefined {
  const found = acceptance.filter(({ text }) => text === wanted);
  return found.length === 0 ? undefined : found.every(({ done }) => done);
}

const noCriterion = ({ id, acceptance }: WorkItem, unknown: readonly string[]): LedgerError =>
  new LedgerError('INVALID_INPUT', `${id} has no criterion ${JSON.stringify(unknown[0])}.`, {
    hint: `\`wl show ${id}\` lists its ${acceptance.length} criteria of acceptance.`,
    details: { id, criteria: firstOf(unknown) },
  });
