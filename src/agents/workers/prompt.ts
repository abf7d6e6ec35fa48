import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEMPLATES } from '../../ledger/branch-files.ts';
import type { AgentRunContext } from './agent.ts';

const TEMPLATE = join(TEMPLATES, 'prompt.md');

/** A prompt as a file for an agent that is a program: what to do, the item, where to resume, how to tell. */
export function renderPrompt(
  context: AgentRunContext,
  prompt: string,
  template = readFileSync(TEMPLATE, 'utf8'),
): string {
  const { item, checkpoint, work_id, attempt, max_attempts, actor, system_prompt } = context;
  const { acceptance, context: facts } = item;
  const task = [
    `Title: ${item.title}`,
    `Type: ${item.type}, priority: ${item.priority}`,
    ...(item.labels.length === 0 ? [] : [`Labels: ${item.labels.join(', ')}`]),
    ...(prompt === '' || prompt === item.title ? [] : ['', prompt]),
    ...(acceptance.length === 0
      ? []
      : ['', 'Done when:', ...acceptance.map(({ text, done }) => `- [${done ? 'x' : ' '}] ${text}`)]),
    ...(Object.keys(facts).length === 0 ? [] : ['', `Context: ${JSON.stringify(facts, null, 2)}`]),
    ...item.comments.flatMap(({ at, by, body }) => ['', `Comment of ${by}, ${at}:`, body]),
  ].join('\n');
  const values: Record<string, string> = {
    id: work_id,
    actor,
    attempt: String(attempt),
    max_attempts: String(max_attempts),
    system_prompt: system_prompt === undefined ? '' : `${system_prompt}\n\n`,
    item: fenced(task),
    resume:
      checkpoint === undefined
        ? 'Nobody recorded anything before you: begin at the beginning.'
        : `Attempt ${checkpoint.attempt} got this far, and what it did is done. Go on from here:\n\n${fenced(JSON.stringify(checkpoint, null, 2))}`,
  };
  // In one pass, so that nothing in a value is taken for a place to fill.
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Text between fences that nothing in it can close. */
function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
