import { isLedgerError, type WorkLedger } from '../index.ts';
import { type Attempt, whereIf } from '../operations/writes.ts';
import { type Answer, fieldsOfRow } from './answer.ts';
import type { Connection } from './connection.ts';
import { type Given, type Parameters, readGiven } from './parameters.ts';

/** A question that a person at the client may answer at once. */
export interface Question {
  question: string;
  options: readonly string[];
}
/** What the person did with it. */
export type Reaction = { action: 'accept'; answer: string } | { action: 'none' };

export interface Tool {
  name: string;
  about: string;
  parameters: Parameters;
  /** It changes nothing, so that a client need not ask a person. */
  reads: boolean;
  run(given: unknown, connection: Connection, signal: AbortSignal): Promise<Answer>;
  /** What a person at the client is to be asked first; `undefined` where nobody is. */
  question?(given: unknown): Question | undefined;
  /** Answers by what the person did; `undefined` where nobody answered, and it is to be run. */
  answered?(given: unknown, reaction: Reaction, connection: Connection): Promise<Answer | undefined>;
}

/** A tool with the types of what it takes forgotten, so that all stand in one table. */
export function tool<const P extends Parameters>(spec: {
  name: string;
  about: string;
  parameters: P;
  reads?: true;
  run(given: Given<P>, connection: Connection, signal: AbortSignal): Promise<Answer>;
  question?(given: Given<P>): Question | undefined;
  answered?(given: Given<P>, reaction: Reaction, connection: Connection): Promise<Answer | undefined>;
}): Tool {
  const { name, about, parameters, reads = false, run, question, answered } = spec;
  const read = (given: unknown): Given<P> => readGiven(parameters, given);
  return {
    name,
    about,
    parameters,
    reads,
    run: async (given, connection, signal) => run(read(given), connection, signal),
    ...(question && { question: (given) => question(read(given)) }),
    ...(answered && {
      answered: async (given, reaction, connection) => answered(read(given), reaction, connection),
    }),
  };
}

/** What most tools are about: left out where one item is held. */
export const ID = { kind: 'text', about: 'default: what you hold' } as const;

/** What was done; where the remote could not be told of it, the model is. @throws what kept it from being done */
export function doneOf(connection: Connection, { done, failure }: Attempt): NonNullable<Attempt['done']> {
  if (done === undefined) throw failure;
  if (isLedgerError(failure)) connection.note(`${failure.code}: ${failure.message}`);
  return done;
}

export function written(
  ledger: WorkLedger,
  said: string,
  { item, where }: NonNullable<Attempt['done']>,
): Answer {
  const at = whereIf(ledger, where);
  return {
    text:
      at === 'local' ? `${said}, in this clone only; the next call that reaches the remote shares it` : said,
    kind: 'item',
    data: fieldsOfRow(item),
    where: at,
  };
}
