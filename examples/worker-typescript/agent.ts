import type { Agent } from '../../src/agents.ts';

/** Does something outside, under a key: of several with one key, one takes effect. */
export type Deliver = (key: string, text: string) => Promise<void>;

/** Delivers each line of an item's description, one after the other. */
export function lineAgent(deliver: Deliver): Agent {
  return async function* run({ work_id, checkpoint }, prompt, { signal }) {
    const lines = prompt.split('\n');
    // Where the one before it stopped; what it delivered last may not be recorded, so a line has the same key again.
    const done = Number(checkpoint?.step ?? 0);
    for (let line = done + 1; line <= lines.length; line += 1) {
      signal.throwIfAborted();
      await deliver(`${work_id}-${line}`, lines[line - 1] ?? '');
      yield { type: 'checkpoint', step: String(line), effects: [`delivered ${work_id}-${line}`] };
    }
    yield { type: 'result', result: { lines: lines.length } };
  };
}
