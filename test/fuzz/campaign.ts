import { askGit, type Judged, judge } from './agree.ts';
import type { Failure } from './failure.ts';
import { closeBases } from './judges.ts';
import { isKnown } from './known-failures.ts';
import { inWords, type Plan, planOf } from './plan.ts';

/** Failures of one kind: how often, and where first. */
export interface Found extends Failure {
  times: number;
}

/** What many cases came to. */
export interface Campaign {
  cases: number;
  taken: number;
  /** How often each rule was broken. */
  rules: Map<string, number>;
  /** How often each kind of mutation was tried. */
  kinds: Map<string, number>;
  found: Map<string, Found>;
  /** The most that one case made the judges read. */
  most: { reads: number; bytes: number };
}

export interface CampaignOptions {
  /** The first seed; the others follow it. */
  first: number;
  /** Whether another case is to be made, after so many, at this seed. */
  goesOn(cases: number, seed: number): boolean;
  /** Which seeds are tried; all where it is left out. */
  isTried?: ((plan: Plan) => boolean) | undefined;
  /** Told each seed before it is tried. */
  onSeed?: ((seed: number) => void) | undefined;
}

/** Cases that plain git is asked about at once. */
const AT_ONCE = 400;

/** Makes cases, seed after seed, and counts what they show. */
export async function fuzz({
  first,
  goesOn,
  isTried = () => true,
  onSeed,
}: CampaignOptions): Promise<Campaign> {
  const campaign: Campaign = {
    cases: 0,
    taken: 0,
    rules: new Map(),
    kinds: new Map(),
    found: new Map(),
    most: { reads: 0, bytes: 0 },
  };
  let batch: Judged[] = [];
  try {
    for (let seed = first; goesOn(campaign.cases, seed); seed += 1) {
      const plan = planOf(seed);
      if (!isTried(plan)) continue;
      onSeed?.(seed);
      const judged = await judge(plan);
      campaign.cases += 1;
      count(campaign, judged);
      batch.push(judged);
      if (batch.length < AT_ONCE) continue;
      note(campaign, askGit(batch));
      batch = [];
    }
    if (batch.length > 0) note(campaign, askGit(batch));
    return campaign;
  } finally {
    closeBases();
  }
}

function count(campaign: Campaign, { plan, isTaken, rules, failures, pushed }: Judged): void {
  if (isTaken) campaign.taken += 1;
  for (const { kind } of plan.mutations) campaign.kinds.set(kind, (campaign.kinds.get(kind) ?? 0) + 1);
  for (const rule of rules) campaign.rules.set(rule, (campaign.rules.get(rule) ?? 0) + 1);
  const { reads, bytes } = pushed.objects.takeSteps();
  campaign.most = {
    reads: Math.max(campaign.most.reads, reads),
    bytes: Math.max(campaign.most.bytes, bytes),
  };
  note(campaign, failures);
}

function note(campaign: Campaign, failures: readonly Failure[]): void {
  for (const failure of failures) {
    const { times, ...known } = campaign.found.get(failure.name) ?? { times: 0, ...failure };
    campaign.found.set(failure.name, { ...known, times: times + 1 });
  }
}

/** What nobody knows of yet. */
export const newIn = ({ found }: Campaign): Found[] =>
  [...found.values()].filter(({ name }) => !isKnown(name)).sort((a, b) => (a.name < b.name ? -1 : 1));

export function summaryOf({ cases, taken, rules, kinds, found, most }: Campaign): string {
  const lines = [...found.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, times, text, plan }) =>
        `${isKnown(name) ? 'known' : 'NEW  '}  ${name}  in ${times} cases, first in ${inWords(plan)}: ${text.slice(0, 300)}`,
    );
  const [broken, tried] = [rules, kinds].map((counted) =>
    [...counted]
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${times} × ${name}`)
      .join(', '),
  );
  return [
    ...lines,
    `${cases} cases, ${taken} of them taken; most that one made the judges read: ${most.reads} objects of ${most.bytes} bytes`,
    `mutations: ${tried}`,
    `refused by: ${broken}`,
  ].join('\n');
}

/** All that fails in one case. */
export async function failuresOf(plan: Plan): Promise<Failure[]> {
  const judged = await judge(plan);
  return [...judged.failures, ...askGit([judged])];
}

/** Leaves out of a plan what its failure does not need: mutations, one by one, and commits. */
export async function shrink(plan: Plan, name: string): Promise<Plan> {
  for (const smaller of smallerThan(plan)) {
    const failures = await failuresOf(smaller);
    if (failures.some((failure) => failure.name === name)) return shrink(smaller, name);
  }
  return plan;
}

function* smallerThan(plan: Plan): Generator<Plan> {
  const { mutations, length } = plan;
  for (const left of mutations.keys()) yield { ...plan, mutations: mutations.filter((_, at) => at !== left) };
  for (let fewer = 1; fewer < length; fewer += 1) yield { ...plan, length: fewer };
}
