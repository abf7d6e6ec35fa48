import { inProcess } from './in-process.ts';
import { run } from './program.ts';

export const start = (): Promise<void> => inProcess(run);
