import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import type { z } from 'zod';
import { LedgerError } from './errors.ts';
import type { Kind } from './kinds.ts';

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

const schemas = new Map<Kind, () => z.ZodType>();

/** The schema of a single kind. */
export function schemaOf<S extends z.ZodType>(kind: Kind<S>): S {
  const made = schemas.get(kind) ?? lazySchema((z) => kind.schema(z));
  schemas.set(kind, made);
  return made() as S;
}

/**
 * Reads untrusted input through a schema.
 *
 * @throws LedgerError `INVALID_INPUT` with the first problem in the message and all of them in `details.problems`
 */
export function parseInput<S extends z.ZodType>(schema: () => S, input: unknown, what: string): z.output<S> {
  const parsed = schema().safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(describeIssue);
  throw new LedgerError('INVALID_INPUT', `The ${what} is not valid: ${problems[0]}.`, {
    details: { problems },
  });
}

/** One problem that a schema found, as `path: what is wrong`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String).join('.');
  const message = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? message : `${path}: ${message}`;
}
