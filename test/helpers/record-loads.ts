import { appendFileSync } from 'node:fs';
import module from 'node:module';

// Preloaded into a process, it writes the address of every module that is asked for, and of who asks, to the file that RECORD_LOADS names.
const file = process.env.RECORD_LOADS;
if (file === undefined) throw new Error('RECORD_LOADS names no file');
module.registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    appendFileSync(file, `${found.url} ${context.parentURL ?? ''}\n`);
    return found;
  },
});
