// Bends good ledgers, and asks whether all who judge them agree: see docs/fuzzing.md.
//
// node test/fuzz/main.ts --cases 2000      so many cases, from --seed on
// node test/fuzz/main.ts --minutes 10      as many as the time allows
// node test/fuzz/main.ts --seed 7          one case: what it is, and who says what
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judge } from './agree.ts';
import { failuresOf, fuzz, newIn, shrink, summaryOf } from './campaign.ts';
import { closeBases } from './judges.ts';
import { inWords, planOf } from './plan.ts';

const { values } = parseArgs({
  options: { cases: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
});

function numberOf(name: 'cases' | 'seed' | 'minutes'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`--${name} takes a number, and not ${text}`);
}

const DEFAULT_CASES = 2_000;
/** No case takes a thousandth of it. Steps are counted; this is for what reads nothing and never ends. */
const SILENCE_MS = 120_000;

const [seed, cases, minutes] = [numberOf('seed'), numberOf('cases'), numberOf('minutes')];

/** Runs this program again, and ends it where it says nothing any more. */
function watch(): void {
  let last = 'nothing';
  const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
    env: { ...process.env, FUZZ_CHILD: '1' },
  });
  const overdue = setTimeout(() => {
    console.log(`NEW    it hangs: ${last}`);
    process.exitCode = 1;
    child.kill('SIGKILL');
  }, SILENCE_MS);
  child.on('message', (words) => {
    last = String(words);
    overdue.refresh();
  });
  child.on('close', (code) => {
    clearTimeout(overdue);
    process.exitCode ??= code ?? 1;
  });
}

async function campaign(): Promise<void> {
  const began = performance.now();
  const end = minutes === undefined ? Number.POSITIVE_INFINITY : began + minutes * 60_000;
  const most = cases ?? (minutes === undefined ? DEFAULT_CASES : Number.POSITIVE_INFINITY);
  const found = await fuzz({
    first: seed ?? 1,
    goesOn: (made) => made < most && performance.now() < end,
    onSeed: (one) => void process.send?.(`seed ${one}`),
  });
  for (const { name, plan } of newIn(found)) {
    process.send?.(`shrinking seed ${plan.seed}`);
    console.log(`${name}, as small as it gets: ${inWords(await shrink(plan, name))}`);
  }
  closeBases();
  console.log(summaryOf(found));
  console.log(`${Math.round((found.cases * 1000) / (performance.now() - began))} cases a second`);
  if (newIn(found).length > 0) process.exitCode = 1;
}

async function one(number: number): Promise<void> {
  const plan = planOf(number);
  const { pushed, isTaken, rules, commits } = await judge(plan);
  console.log(inWords(plan));
  for (const oid of commits)
    console.log(
      `\n${oid}\n${Buffer.from(pushed.objects.get(oid)?.bytes ?? [])
        .toString()
        .slice(0, 4_000)}`,
    );
  console.log(isTaken ? 'taken' : `refused: ${rules.join(', ')}`);
  for (const { name, text } of await failuresOf(plan)) {
    console.log(`${name}: ${text}`);
    process.exitCode = 1;
  }
  closeBases();
}

if (seed !== undefined && cases === undefined && minutes === undefined) await one(seed);
else if (process.env.FUZZ_CHILD === undefined) watch();
else await campaign();
process.disconnect?.();
