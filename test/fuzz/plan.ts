import { Chance } from '../simulation/chance.ts';
import { type CORPORA, type Corpus, type CorpusName, corpusOf } from './corpus.ts';
import { copyOf, type Draft, makeCommits } from './draft.ts';
import type { Pushed } from './judges.ts';
import type { Met } from './living.ts';
import type { Bent, Mutation } from './mutations/bent.ts';
import { FILES } from './mutations/files.ts';
import { FORGED } from './mutations/forged.ts';
import { HEADERS } from './mutations/headers.ts';
import { HISTORIES } from './mutations/histories.ts';
import { LIES } from './mutations/lies.ts';
import { MESSAGES } from './mutations/messages.ts';
import { REFS } from './mutations/refs.ts';
import { SIGNERS } from './mutations/signers.ts';
import { STATES } from './mutations/states.ts';
import { TREES } from './mutations/trees.ts';
import { FuzzObjects } from './objects.ts';

const KINDS = {
  header: HEADERS,
  message: MESSAGES,
  file: FILES,
  tree: TREES,
  lie: LIES,
  forged: FORGED,
  history: HISTORIES,
  signature: SIGNERS,
  ref: REFS,
  local: STATES,
} satisfies Record<string, Readonly<Record<string, Mutation>>>;
type Kind = keyof typeof KINDS;

const LIKELY: Readonly<Record<Kind, number>> = {
  header: 3,
  message: 5,
  file: 4,
  tree: 4,
  lie: 6,
  forged: 4,
  history: 4,
  signature: 1,
  ref: 3,
  local: 2,
};

/** One mutation of a plan. Its chance is its own, so that it does the same where others are left out. */
export interface Planned {
  kind: Kind;
  name: string;
  number: number;
}

/** What a case is made of. It follows from its seed. */
export interface Plan {
  seed: number;
  corpus: CorpusName;
  /** From 0 up to 1: where in the good line it begins. */
  begins: number;
  /** How many good commits are bent. */
  length: number;
  mutations: readonly Planned[];
}

const MOST_COMMITS = 4;

export function planOf(seed: number): Plan {
  const chance = new Chance(seed, 'plan');
  const corpus = chance.weighted({ plain: 4, policy: 3, signed: 2 } satisfies Record<
    (typeof CORPORA)[number],
    number
  >);
  const count = chance.weighted({ 0: 1, 1: 12, 2: 5, 3: 2 });
  const mutations = Array.from({ length: Number(count) }, (_, number): Planned => {
    const kind = chance.weighted(LIKELY);
    return { kind, name: chance.pick(Object.keys(KINDS[kind])), number };
  });
  return { seed, corpus, begins: chance.next(), length: 1 + chance.below(MOST_COMMITS), mutations };
}

/** What is pushed, and what a clone finds beside that. */
export type Case = Pushed & Met;

/** What a case is made with, where that is not what its plan says. */
interface CaseOptions {
  corpus?: Corpus;
  sign?: (commit: string, signer: string | undefined) => string;
  /** Done last. */
  bend?: (bent: Bent) => void;
}

/** A case as it is pushed: the commits of its plan, on a ledger that is good up to there. */
export async function caseOf(plan: Plan, on: CaseOptions = {}): Promise<Case> {
  const corpus = on.corpus ?? (await corpusOf(plan.corpus));
  const { line, drafts } = corpus;
  const at = beginning(drafts, Math.floor(plan.begins * (line.length - 1)));
  const base = line[at] ?? '';
  const some = drafts.slice(at + 1, at + 1 + plan.length).map(copyOf);
  some.forEach((draft, n) => {
    draft.parents = [n === 0 ? base : n - 1];
  });
  const bent: Bent = { corpus, at, base, drafts: some, beside: [], local: [], isPushed: true };
  for (const { kind, name, number } of plan.mutations) {
    const mutation = (KINDS[kind] as Readonly<Record<string, Mutation>>)[name];
    if (bent.drafts.length > 0) mutation?.(bent, new Chance(plan.seed, 'mutation', number, name));
  }
  on.bend?.(bent);
  const objects = new FuzzObjects(corpus.objects, true);
  const commits = makeCommits(objects, bent.drafts, on.sign);
  const { beside, local, isPushed } = bent;
  return { corpus, objects, base, tip: commits.at(-1) ?? base, commits, beside, local, isPushed };
}

const IN_GROUP = /^Work-Group: \S+ (\d+)\/(\d+)$/m;

/** No server has a part of a group: the place, or the next one at which none is open. */
function beginning(drafts: readonly Draft[], at: number): number {
  const [, index, size] = IN_GROUP.exec(drafts[at]?.message ?? '') ?? [];
  return at + Number(size ?? 0) - Number(index ?? 0);
}

/** A plan in words, as a failure prints it. */
export const inWords = ({ seed, corpus, length, mutations }: Plan): string =>
  `seed ${seed}: ${length} commits of “${corpus}”${mutations.map(({ kind, name }) => `, ${kind}: ${name}`).join('')}`;

/** How many kinds of mutations there are. */
export const mutationCount = Object.values(KINDS).reduce((sum, all) => sum + Object.keys(all).length, 0);
