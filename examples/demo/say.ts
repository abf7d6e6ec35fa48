import { styleText } from 'node:util';
import type { WorkItem } from '../../src/index.ts';

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const heading = (text: string): void => say(`\n${styleText('bold', text)}`);

export function line({ id, status, priority, title }: WorkItem): void {
  say(`  ${id}  ${status.padEnd(11)} ${priority.padEnd(8)} ${title}`);
}
