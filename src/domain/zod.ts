import { createRequire } from 'node:module';
import type * as Zod from 'zod';

const require = createRequire(import.meta.url);

/**
 * A schema that is built when it is first asked for, and zod loaded with it: whoever only reads what the program wrote
 * needs neither. Synchronous, as deciding and decoding are. Zod is loaded as CommonJS, since a synchronous load of an ES
 * module fails while the same one is being imported elsewhere.
 */
export function lazySchema<S>(build: (z: typeof Zod.z) => S): () => S {
  let schema: S | undefined;
  return () => {
    schema ??= build((require('zod') as typeof Zod).z);
    return schema;
  };
}
