import type { Oid } from '../../../src/store/port.ts';
import type { Chance } from '../../simulation/chance.ts';
import type { Corpus } from '../corpus.ts';
import type { Draft, FileEdit } from '../draft.ts';
import type { Planting } from './refs.ts';
import type { LocalBend } from './states.ts';

/** Good commits on top of a good ledger, to be bent. */
export interface Bent {
  corpus: Corpus;
  /** The place of `base` in the corpus's line. */
  at: number;
  base: Oid;
  drafts: Draft[];
  /** What is pushed beside them. */
  beside: Planting[];
  /** What is bent of the disk of the clone that meets all this. */
  local: LocalBend[];
  /** Whether whole clones find the commits on the branch; else they stand where `local` puts them. */
  isPushed: boolean;
}

/** Bends one thing, by chance. What does not fit the case is left as it is. */
export type Mutation = (bent: Bent, chance: Chance) => void;

/** One of a list, which may be that there is none. */
export const anyOf = <T>(chance: Chance, list: readonly T[]): T => list[chance.below(list.length)] as T;

/** One of the commits, each as likely. */
export const anyDraft = ({ drafts }: Bent, chance: Chance): Draft => anyOf(chance, drafts);

/** A file that a commit writes. */
export function anyFile(bent: Bent, chance: Chance): (FileEdit & { text: string }) | undefined {
  const written = anyDraft(bent, chance).files.filter(({ text }) => text !== undefined);
  return written.length === 0 ? undefined : (anyOf(chance, written) as FileEdit & { text: string });
}

/** Bends a file's text. */
export const inText =
  (...bends: ((text: string, chance: Chance) => string)[]): Mutation =>
  (bent, chance) => {
    const file = anyFile(bent, chance);
    if (file !== undefined) file.text = anyOf(chance, bends)(file.text, chance);
  };

/** Bends a commit's message. */
export const inMessage =
  (...bends: ((message: string, chance: Chance) => string)[]): Mutation =>
  (bent, chance) => {
    const draft = anyDraft(bent, chance);
    draft.message = anyOf(chance, bends)(draft.message, chance);
  };

/** Bends the lines between `parent` and the message. */
export const inHeaders =
  (...bends: ((headers: string[], chance: Chance) => string[])[]): Mutation =>
  (bent, chance) => {
    const draft = anyDraft(bent, chance);
    draft.headers = anyOf(chance, bends)([...draft.headers], chance);
  };

/** Bends one line of many that fits. */
export function inLine(
  text: string,
  chance: Chance,
  fits: RegExp,
  bend: (line: string) => string | string[],
): string {
  const lines = text.split('\n');
  const places = lines.flatMap((line, at) => (fits.test(line) ? [at] : []));
  if (places.length === 0) return text;
  const at = anyOf(chance, places);
  lines.splice(at, 1, ...[bend(lines[at] ?? '')].flat());
  return lines.join('\n');
}

/** A place in a text, by bytes. */
export const insert = (text: string, chance: Chance, what: string): string => {
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + what + text.slice(at);
};
