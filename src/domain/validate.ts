import type { z } from 'zod';
import { LedgerError } from './errors.ts';

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
