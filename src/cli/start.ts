import { INDEX } from './commands.ts';
import { readWords } from './grammar.ts';
import { inProcess, type World } from './process.ts';

/** Runs the program on what was typed after its name. @returns the exit status */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const reading = await readWords(argv, INDEX);
  if (reading.kind === 'call') return (await import('./execute.ts')).execute(reading, world);
  const { answer } = await import('./help.ts');
  return answer(reading, argv, world);
}

export const start = (): Promise<void> => inProcess(run);
