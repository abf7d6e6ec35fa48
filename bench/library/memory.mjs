// Memory of a process that opens a ledger and asks for a page of each kind; prints figures as JSON. Started by `library.ts` with the
// library's address and a clone. Plain JavaScript, since reading TypeScript takes node some 20 MB.
import process from 'node:process';

const [library, dir] = process.argv.slice(2);
const { openLedger } = await import(library);
const ledger = await openLedger({ dir, actor: 'bench' });
const [first] = await ledger.getReadyToStart({ limit: 50 });
await ledger.query.list({ limit: 50 });
await ledger.getWork(first.id);
globalThis.gc();
console.log(
  JSON.stringify({
    'peak memory of a process that asks': {
      value: (process.resourceUsage().maxRSS * 1024) / 1e6,
      unit: 'MB',
    },
    'heap of a process that asks, after gc': { value: process.memoryUsage().heapUsed / 1e6, unit: 'MB' },
  }),
);
await ledger.close();
