import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    clones: { type: 'string' },
  },
});
const number = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
const first = number(values.seed) ?? 1;
const count = number(values.seeds) ?? 1;
const counts = new Map<string, { count: number; seed: number; text: string }>();
let [transitions, switches] = [0, 0];
const began = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const plan = planOf(seed, { clones: number(values.clones) });
  const events: string[] = [];
  const onEvent = (at: number, text: string): void =>
    void events.push(`${(at / 1000).toFixed(3).padStart(9)} s  ${text}`);
  const result = await run(plan, { onEvent: count === 1 ? onEvent : undefined });
  transitions += result.transitions;
  switches += result.switches;
  if (count === 1) console.log(events.join('\n'), JSON.stringify(plan.faults), result.took_ms);
  for (const { oracle, kind, text } of result.violations) {
    const key = `${oracle}: ${kind}`;
    const known = counts.get(key) ?? { count: 0, seed, text };
    counts.set(key, { ...known, count: known.count + 1 });
  }
}
for (const [key, { count: times, seed, text }] of [...counts].sort())
  console.log(`${key}  ×${times}, first seed ${seed}: ${text}`);
console.log(
  `${count} runs, ${transitions} transitions, ${switches} switches, ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
