import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../../src/agents.ts';
import { saidIn } from './transcript.ts';

/** An agent without a model: it counts the words of a message, one line each. What was said already it does not say again. */
export function scriptedAgent({ pause_ms }: { pause_ms: number }): Agent {
  return async function* run({ checkpoint }, prompt, { signal }) {
    const words = prompt.split(/\s+/).filter((word) => word !== '');
    const lines = [...words.map((word, at) => `${at + 1}. ${word}`), `That was ${words.length} words.`];
    const said = saidIn(checkpoint?.data).filter((entry) => typeof entry === 'string');
    for (const text of lines.slice(said.length)) {
      await sleep(pause_ms, undefined, { signal });
      yield { type: 'text', text };
    }
  };
}
