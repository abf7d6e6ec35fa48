// One task on one clone; prints its figures as JSON. Started by `library.ts`.
import process from 'node:process';
import { loadLibrary } from '../program.ts';
import { TASKS, type TaskName } from './tasks.ts';

const [name, dir = '.'] = process.argv.slice(2);
const { openLedger } = await loadLibrary();
const ledger = await openLedger({ dir, actor: 'bench' });
console.log(JSON.stringify(await TASKS[name as TaskName](ledger)));
await ledger.close();
