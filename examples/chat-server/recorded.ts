import type { Agent, AgentEvent, TextEvent } from '../../src/agents.ts';
import type { CheckpointInput } from '../../src/index.ts';
import { batches } from './batches.ts';
import { saidIn, Transcript } from './transcript.ts';

/** A checkpoint is a commit and a push: this is how long what is said may gather before one. */
const WINDOW_MS = 200;

/**
 * Makes checkpoints of what an agent says. Clients are told what the checkpoints hold and nothing else, so nothing that anyone
 * has read is ever lost. The next agent finds it in `checkpoint.data.said`, and goes on behind it.
 */
export function recorded(agent: Agent, window_ms = WINDOW_MS): Agent {
  return async function* run(context, prompt, controls) {
    const transcript = new Transcript(saidIn(context.checkpoint?.data));
    if (context.attempt > 1 || transcript.said.length > 0) transcript.add({ attempt: context.attempt });
    let own: CheckpointInput = {};
    const whole = (): CheckpointInput => {
      const { data, ...words } = own;
      const agents = data === undefined ? {} : { agent: data };
      return { step: 'answering', ...words, data: { ...agents, said: [...transcript.said] } };
    };
    const checkpoint = (input: CheckpointInput): Promise<'remote' | 'local'> => {
      own = input;
      return controls.checkpoint(whole());
    };
    const note = (event: AgentEvent): void => {
      if (isSpoken(event)) transcript.add(event.text);
      else if (event.type === 'checkpoint') {
        const { type: _, ...input } = event;
        own = input;
      }
    };
    // Noted before the agent goes on: a checkpoint of its own has all that it said before.
    const noted = async function* (): AsyncGenerator<AgentEvent, void, undefined> {
      for await (const event of agent(context, prompt, { ...controls, checkpoint })) {
        note(event);
        yield event;
      }
    };
    for await (const batch of batches(noted(), window_ms)) {
      const others = batch.filter((event) => !isSpoken(event) && event.type !== 'checkpoint');
      if (others.length < batch.length) yield { type: 'checkpoint', ...whole() };
      yield* others;
    }
    yield { type: 'result', result: { answer: transcript.answer } };
  };
}

/** Part of the answer: what a program says on its standard error is not. */
const isSpoken = (event: AgentEvent): event is TextEvent =>
  event.type === 'text' && event.stream === undefined;
