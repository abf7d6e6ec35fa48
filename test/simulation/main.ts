// Runs the simulation: see docs/simulation.md.
//
// node test/simulation/main.ts --seeds 200             runs so many seeds, and counts what they show
// node test/simulation/main.ts --seed 7                runs one, and prints what happened; with --all, each lock and note
// node test/simulation/main.ts --seeds 50 --theme moved  all of one theme: see plan.ts
// node test/simulation/main.ts --minutes 10            as many as the time allows, from --seed on
// node test/simulation/main.ts --exhaustive 2          small races in every order, with at most so many preemptions
//                                                      with --scenario, those whose names have that in them
// node test/simulation/main.ts --seed 7 --shrink NAME  leaves out of it what the failure NAME does not need, and prints the rest
import { parseArgs } from 'node:util';
import { newIn, runMany, summaryOf } from './campaign.ts';
import { exhaust, exhaustedInWords } from './exhaust.ts';
import { planOf, THEME_NAMES } from './plan.ts';
import { SCENARIOS } from './scenarios.ts';
import { shrink } from './shrink.ts';
import { transcriptOf } from './transcript.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    exhaustive: { type: 'string' },
    scenario: { type: 'string' },
    clones: { type: 'string' },
    theme: { type: 'string' },
    shrink: { type: 'string' },
    all: { type: 'boolean' },
  },
});

const numberOf = (name: 'seeds' | 'seed' | 'minutes' | 'clones' | 'exhaustive'): number | undefined => {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`--${name} takes a number, and not ${text}`);
};

const theme = THEME_NAMES.find((name) => name === values.theme);
if (values.theme !== undefined && theme === undefined)
  throw new Error(`--theme is one of ${THEME_NAMES.join(', ')}`);

const DEFAULT_RUNS = 100;
const [seed, seeds, minutes, clones] = [
  numberOf('seed'),
  numberOf('seeds'),
  numberOf('minutes'),
  numberOf('clones'),
];

const end = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
const depth = numberOf('exhaustive');

if (depth !== undefined) {
  const scenarios = Object.keys(SCENARIOS).filter((name) => name.includes(values.scenario ?? ''));
  if (scenarios.length === 0)
    throw new Error(`--scenario is part of one of ${Object.keys(SCENARIOS).join(', ')}`);
  for await (const one of exhaust({
    preemptions: depth,
    with_fault: Math.min(depth, 1),
    until: end,
    scenarios,
  }))
    console.log(exhaustedInWords(one));
} else if (seed !== undefined && seeds === undefined && minutes === undefined) {
  const plan = planOf(seed, { clones, theme });
  const least = values.shrink === undefined ? plan : await shrink(plan, values.shrink);
  console.log(await transcriptOf(least, values.all));
} else {
  const most = seeds ?? (minutes === undefined ? DEFAULT_RUNS : Number.POSITIVE_INFINITY);
  const campaign = await runMany({
    first: seed ?? 1,
    goesOn: (runs) => runs < most && performance.now() < end,
    clones,
    theme,
  });
  for (const [name, { plan }] of newIn(campaign))
    console.log(`--- ${name}, as small as it gets:\n${await transcriptOf(await shrink(plan, name))}\n`);
  console.log(summaryOf(campaign));
  if (newIn(campaign).length > 0) process.exitCode = 1;
}
