import type { Verb, WorkItem, WorkLedger } from '../index.ts';
import type { Found } from '../operations/ids.ts';
import { titleOf, type Where, type Write, type Written, whereOf, writeEach } from '../operations/writes.ts';
import type { Cli } from './cli.ts';
import type { Reply } from './command.ts';
import type { Line } from './render/line.ts';

/** What happened, in words that `, on origin` can follow. */
export type Describe = (item: WorkItem) => string;

/**
 * Makes one transition of each item, and tells what became of each.
 *
 * @param verb what the ids are typed for
 * @param named ids as they were typed, or in full already
 */
export async function onItems(
  cli: Cli,
  verb: Verb,
  named: readonly string[] | Found<string>,
  write: Write,
  describe: Describe,
  more: (item: WorkItem) => readonly Line[] = () => [],
): Promise<Reply> {
  const ledger = await cli.open();
  const written = await cli.busy('writing', () => writeEach(ledger, verb, named, write));
  return writeReply(ledger, written, (item, changed) => [
    changed ? describe(item) : `nothing to change in ${item.id}`,
    ...more(item),
  ]);
}

/**
 * Asks a person whether to do what cannot be undone, naming each item in full and by its title, whatever was typed.
 *
 * @returns `undefined` where nobody sits at a terminal
 */
export async function confirmItems(
  cli: Cli,
  ids: readonly string[],
  question: string,
): Promise<boolean | undefined> {
  const ledger = await cli.open();
  const lines = await Promise.all(
    ids.map(async (id): Promise<Line> => {
      const found = await titleOf(ledger, id);
      return `  ${id}  ${'title' in found ? found.title : UNTITLED[found.missing]}`;
    }),
  );
  return cli.confirm(question, lines);
}

const UNTITLED = { deleted: '(it is deleted already)', damaged: '(its file cannot be read)' } as const;

/** The reply to one or more writes: a line for each, and where it is. */
export function writeReply(
  ledger: WorkLedger,
  { attempts, failures, several }: Written,
  describe: (item: WorkItem, changed: boolean) => readonly [string, ...Line[]],
): Reply {
  const done = attempts.flatMap((one) => (one.done === undefined ? [] : [one.done]));
  const items = done.map(({ item }) => item);
  return {
    kind: several ? 'items' : 'item',
    data: done.length === 0 ? undefined : several ? items : items[0],
    lines: done.flatMap(({ item, where, changed }) => {
      const [said, ...more] = describe(item, changed);
      return [`${said}${changed ? whereabouts(ledger, where) : ''}`, ...more];
    }),
    ids: items.map(({ id }) => id),
    where: whereOf(ledger, attempts),
    failures: [...failures, ...attempts.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))],
  };
}

/** The reply to the write of one item. */
export const oneWritten = (
  ledger: WorkLedger,
  attempt: Written['attempts'][number],
  describe: Parameters<typeof writeReply>[2],
): Reply => writeReply(ledger, { attempts: [attempt], failures: [], several: false }, describe);

/** Says where a write is, so that nothing that never left the machine passes for shared. */
export function whereabouts({ clone }: WorkLedger, where: Where): string {
  const { remote } = clone;
  if (remote === null) return '';
  return where === 'remote' ? `, on ${remote.name}` : ', in this clone only; share it with: wl sync';
}
