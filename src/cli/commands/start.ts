import type { Run } from '../command.ts';
import type { takeOptions } from '../table/doing.ts';
import { take } from '../take.ts';

export const run: Run<typeof takeOptions> = (call) => take('start', call);
