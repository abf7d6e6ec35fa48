import type { Agent, AgentEvent } from '../../src/agents.ts';
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
    for await (const batch of batches(agent(context, prompt, { ...controls, checkpoint }), window_ms)) {
      let moved = false;
      const others: AgentEvent[] = [];
      for (const event of batch) {
        if (event.type === 'text' && event.stream === undefined) moved = transcript.add(event.text) || moved;
        else if (event.type === 'checkpoint') {
          const { type: _, ...input } = event;
          own = input;
          moved = true;
        } else others.push(event);
      }
      if (moved) yield { type: 'checkpoint', ...whole() };
      yield* others;
    }
    yield { type: 'result', result: { answer: transcript.answer } };
  };
}
