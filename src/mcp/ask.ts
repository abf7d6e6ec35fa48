import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { EscalationProtocol } from '../agents.ts';
import { escapeUnsafe, isLedgerError, quoted } from '../index.ts';
import { RaceLost } from '../operations/refusal.ts';
import { attempt, savedId, whereIf } from '../operations/writes.ts';
import { doneOf, ID, type Question, type Reaction, tool } from './tool.ts';

// Asking a person: whoever sits at the client, or anyone by an escalation.

export const ask = tool({
  name: 'ask',
  about: 'Asks a person: at once where the client can, else the item waits, blocked, for the answer.',
  parameters: {
    question: { kind: 'text', needed: true },
    options: { kind: 'texts' },
    id: ID,
    to: { kind: 'text', about: 'who is to answer, if not the one here' },
  },
  question: ({ question, options = [], to }) => (to === undefined ? { question, options } : undefined),
  answered: async ({ question, id: typed }, reaction, connection) => {
    // A client that runs without a person declines by itself, so that is no answer, and the question is still there.
    if (reaction.action !== 'accept') return undefined;
    const { answer } = reaction;
    const { ledger } = await connection.opened();
    const about = await connection.item(typed, 'comment').catch((error) => {
      if (typed !== undefined || !isLedgerError(error, 'INVALID_INPUT')) throw error;
      return undefined;
    });
    const data = { question, answer };
    const text = `answered: ${quoted(answer)}`;
    if (about === undefined) return { text, kind: 'answer', data };
    const said = `Asked at the client: ${question}\nAnswered there: ${answer}`;
    const made = await attempt(ledger, () => ledger.work.comment(about, said));
    const { where } = doneOf(connection, made);
    return { text, kind: 'answer', data: { ...data, work_id: about }, where: whereIf(ledger, where) };
  },
  run: async ({ question, options, id: typed, to }, connection, signal) => {
    const { ledger, conversation } = await connection.opened();
    const id = await connection.item(typed, 'block');
    const protocol = new EscalationProtocol({ ledger });
    const asked = await conversation
      .write(id, (proof) => protocol.escalate({ work_id: id, question, options, to, ...proof, signal }))
      .then(
        (result) => {
          if (!result.ok) throw new RaceLost(result);
          return result;
        },
        async (failure) => {
          const saved = savedId(failure);
          if (saved === undefined) throw failure;
          connection.note(failure.message);
          return { escalation: await protocol.get(saved), where: 'local' as const };
        },
      );
    const { escalation, where } = asked;
    return {
      text: `asked as ${escalation.id}; ${id} is blocked until somebody answers. Stop work on it, and take another.`,
      kind: 'escalation',
      data: escalation,
      where: whereIf(ledger, where),
    };
  },
});

/** How long a person has to answer. */
const ANSWER_MS = 600_000;
const ANSWER = 'answer';

/** True where the client can put a question to whoever sits at it. */
export function canAsk(server: McpServer, { mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
  const elicitation = declared?.elicitation;
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

/**
 * Puts a question to whoever sits at the client. A client of the protocol's later versions is told to ask, and calls again with what
 * was answered; an earlier one is asked now.
 */
export async function consult(
  question: Question,
  { mcpReq }: ServerContext,
): Promise<Reaction | InputRequiredResult> {
  const asked = { message: escapeUnsafe(question.question, true), requestedSchema: formOf(question) };
  if (mcpReq.envelope !== undefined) {
    const response = inputResponse(mcpReq.inputResponses, ANSWER);
    if (response.kind !== 'elicit')
      return inputRequired({ inputRequests: { [ANSWER]: inputRequired.elicit(asked) } });
    return toReaction(response.action, response.content);
  }
  try {
    const { action, content } = await mcpReq.elicitInput(asked, {
      timeout: ANSWER_MS,
      signal: mcpReq.signal,
    });
    return toReaction(action, content);
  } catch (error) {
    mcpReq.signal.throwIfAborted();
    // Nobody answered in time, or the client could not ask after all: the question is still there.
    return error instanceof Error ? { action: 'none' } : Promise.reject(error);
  }
}

function formOf({ options }: Question) {
  const inWords = { type: 'string' as const, title: 'Answer' };
  if (options.length === 0)
    return { type: 'object' as const, properties: { answer: inWords }, required: ['answer'] };
  const option = { type: 'string' as const, title: 'Answer', enum: [...options] };
  return {
    type: 'object' as const,
    properties: { option, answer: { ...inWords, title: 'In other words' } },
  };
}

function toReaction(action: string, content: Readonly<Record<string, unknown>> = {}): Reaction {
  const { answer, option } = content;
  const said = [answer, option].find((one) => typeof one === 'string' && one.trim() !== '');
  return action === 'accept' && typeof said === 'string' ? { action, answer: said } : { action: 'none' };
}
