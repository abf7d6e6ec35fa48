// The launcher of a program, as where the machine's Node is too old for it.
import { runOn } from '../../src/cli/relaunch.ts';

await runOn(process.execPath, process.argv.slice(2));
