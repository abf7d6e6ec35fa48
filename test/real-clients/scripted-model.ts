import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What the model does next: calls a tool whose name ends like that, or says something and is done. */
export type Step = { tool: string; input: Record<string, unknown> } | { say: string };

/** What a client sent to the model, whatever its protocol. */
interface Turn {
  /** Names of the tools that it offers. */
  tools: string[];
  /** How many results of tools it has so far. */
  results: number;
  /** All of it, to look for what arrived. */
  body: string;
}

interface Protocol {
  /** Whether a request is one of this protocol that the model is to answer. */
  path: RegExp;
  read(request: Record<string, unknown>, body: string): Turn;
  /** What is sent back, as server-sent events. */
  write(step: Step, id: string): object[];
}

const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? (value as Record<string, unknown>[]) : [];

const anthropic: Protocol = {
  path: /^\/v1\/messages(?:\?|$)/,
  read: ({ tools, messages }, body) => ({
    tools: list(tools).map(({ name }) => String(name)),
    results: list(messages)
      .flatMap(({ content }) => list(content))
      .filter(({ type }) => type === 'tool_result').length,
    body,
  }),
  write(step, id) {
    const isCall = 'tool' in step;
    const block = isCall ? { type: 'tool_use', id, name: step.tool, input: {} } : { type: 'text', text: '' };
    const delta = isCall
      ? { type: 'input_json_delta', partial_json: JSON.stringify(step.input) }
      : { type: 'text_delta', text: step.say };
    const usage = { input_tokens: 10, output_tokens: 10 };
    const message = { id, type: 'message', role: 'assistant', model: 'scripted', content: [], usage };
    return [
      { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: isCall ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage,
      },
      { type: 'message_stop' },
    ];
  },
};

const openai: Protocol = {
  path: /\/responses(?:\?|$)/,
  read: ({ tools, input }, body) => ({
    tools: list(tools).flatMap(namesOf),
    results: list(input).filter(({ type }) => String(type).endsWith('_call_output')).length,
    body,
  }),
  write(step, id) {
    const item =
      'tool' in step
        ? {
            type: 'function_call',
            call_id: id,
            ...namespaced(step.tool),
            arguments: JSON.stringify(step.input),
          }
        : { type: 'message', role: 'assistant', id, content: [{ type: 'output_text', text: step.say }] };
    const usage = { input_tokens: 10, output_tokens: 10, total_tokens: 20 };
    return [
      { type: 'response.created', response: { id } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { id, usage } },
    ];
  },
};

/** Codex offers the tools of a server within a namespace. */
const SEPARATOR = ' / ';
function namesOf({ type, name, tools }: Record<string, unknown>): string[] {
  if (type !== 'namespace') return [String(name)];
  return list(tools).map((tool) => `${name}${SEPARATOR}${tool.name}`);
}
function namespaced(whole: string): { name: string; namespace?: string } {
  const [name = '', namespace] = whole.split(SEPARATOR).reverse();
  return namespace === undefined ? { name } : { name, namespace };
}

const gemini: Protocol = {
  path: /:(?:streamGenerateContent|generateContent)/,
  read: ({ tools, contents }, body) => ({
    tools: list(tools)
      .flatMap(({ functionDeclarations }) => list(functionDeclarations))
      .map(({ name }) => String(name)),
    results: list(contents)
      .flatMap(({ parts }) => list(parts))
      .filter((part) => 'functionResponse' in part).length,
    body,
  }),
  write(step) {
    const part =
      'tool' in step ? { functionCall: { name: step.tool, args: step.input } } : { text: step.say };
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 10, totalTokenCount: 20 };
    const candidate = { index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' };
    return [{ candidates: [candidate], usageMetadata }];
  },
};

const PROTOCOLS = [anthropic, openai, gemini];

/**
 * A model on loopback that does what a script says, a step for each result that it has, by the protocols of Anthropic, OpenAI and
 * Gemini. A request that offers no such tool gets words. It goes when the test ends.
 */
export class ScriptedModel {
  readonly #server: Server;
  #script: readonly Step[] = [];
  /** What clients sent, where they offered tools. */
  readonly turns: Turn[] = [];
  /** What else was asked for, as method and path. */
  readonly others: string[] = [];
  /** What happens before a step is answered, such as a crash. */
  before: (at: number) => void = () => undefined;
  #calls = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<ScriptedModel> {
    const model = new ScriptedModel();
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    onTestFinished(() => {
      model.#server.closeAllConnections();
      model.#server.close();
    });
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What is done in the next conversation. */
  play(...script: readonly Step[]): void {
    this.#script = script;
    this.turns.length = 0;
  }

  /** All that arrived at the model. */
  get heard(): string {
    return this.turns.map(({ body }) => body).join('\n');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    const body = await text(request);
    const protocol = PROTOCOLS.find(({ path }) => path.test(url));
    if (request.method !== 'POST' || protocol === undefined) {
      this.others.push(`${request.method} ${url}`);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"totalTokens":1,"input_tokens":1}');
      return;
    }
    const asked = JSON.parse(body) as Record<string, unknown>;
    const turn = protocol.read(asked, body);
    const step = this.#next(turn);
    this.#calls += 1;
    const events = protocol.write(step, `call_${this.#calls}`);
    if (url.includes(':generateContent') || (protocol === anthropic && asked.stream !== true)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(wholeOf(events)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      const name = 'type' in event ? `event: ${event.type}\n` : '';
      response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
    }
    response.end();
  }

  #next(turn: Turn): Step {
    const step = this.#script[turn.results] ?? { say: 'done' };
    const wanted = this.#script.flatMap((one) => ('tool' in one ? [one.tool] : []));
    const find = (name: string): string | undefined => turn.tools.find((one) => one.endsWith(name));
    if (!wanted.some(find)) return { say: 'a title' };
    this.turns.push(turn);
    this.before(turn.results);
    return 'tool' in step ? { ...step, tool: find(step.tool) ?? step.tool } : step;
  }
}

/** The same answer in one piece. */
function wholeOf(events: readonly object[]): object {
  const [first] = events;
  if (first !== undefined && 'candidates' in first) return first;
  const { message } = first as { message: object };
  return { ...message, content: [{ type: 'text', text: 'a title' }], stop_reason: 'end_turn' };
}
