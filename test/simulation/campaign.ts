import { isKnown } from './known-failures.ts';
import type { Fault, Plan, ThemeName } from './plan.ts';
import { planOf } from './plan.ts';
import { run } from './run.ts';
import { nameOf } from './shrink.ts';

/** Failures of one kind: how often, and where first. */
export interface Found {
  times: number;
  plan: Plan;
  text: string;
}

/** What many runs came to. */
export interface Campaign {
  runs: number;
  transitions: number;
  switches: number;
  faults: Map<Fault['kind'], number>;
  /** By oracle and kind. */
  found: Map<string, Found>;
}

export interface CampaignOptions {
  /** The first seed; the others follow it. */
  first: number;
  /** Whether another run is to be made, after so many. */
  goesOn(runs: number): boolean;
  clones?: number | undefined;
  theme?: ThemeName | undefined;
}

/** Makes runs, seed after seed, and counts what they show. */
export async function runMany({ first, goesOn, clones, theme }: CampaignOptions): Promise<Campaign> {
  const campaign: Campaign = { runs: 0, transitions: 0, switches: 0, faults: new Map(), found: new Map() };
  while (goesOn(campaign.runs)) {
    const plan = planOf(first + campaign.runs, { clones, theme });
    campaign.runs += 1;
    const { violations, transitions, switches } = await run(plan);
    campaign.transitions += transitions;
    campaign.switches += switches;
    for (const { kind } of plan.faults) campaign.faults.set(kind, (campaign.faults.get(kind) ?? 0) + 1);
    for (const violation of violations) {
      const { times, ...known } = campaign.found.get(nameOf(violation)) ?? {
        times: 0,
        plan,
        text: violation.text,
      };
      campaign.found.set(nameOf(violation), { ...known, times: times + 1 });
    }
  }
  return campaign;
}

/** What nobody knows of yet. */
export const newIn = ({ found }: Campaign): [string, Found][] =>
  [...found].filter(([name]) => !isKnown(name)).sort();

export function summaryOf({ runs, transitions, switches, faults, found }: Campaign): string {
  const lines = [...found]
    .sort()
    .map(
      ([name, { times, plan, text }]) =>
        `${isKnown(name) ? 'known' : 'NEW  '}  ${name}  in ${times} places, first in seed ${plan.seed}: ${text}`,
    );
  const went = [...faults].sort().map(([kind, times]) => `${times} × ${kind}`);
  return [
    ...lines,
    `${runs} runs, ${transitions} transitions, ${switches} places to switch; faults: ${went.join(', ')}`,
  ].join('\n');
}
