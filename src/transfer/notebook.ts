import { toSafeLine } from '../domain/text.ts';
import type { ImportNote, ImportRule } from './plan.ts';

/** Where in the source a note belongs. */
export interface Where {
  line?: number;
  path?: string;
  source_id?: string;
}

const MESSAGE_LENGTH = 400;

/** Collects what could not be taken over exactly, in words that a terminal may print. */
export class Notebook {
  readonly notes: ImportNote[] = [];

  add({ line, path, source_id }: Where, rule: ImportRule, message: string): void {
    this.notes.push({
      ...(line === undefined ? {} : { line }),
      ...(path === undefined ? {} : { path: quoteSource(path) }),
      ...(source_id === undefined ? {} : { source_id: quoteSource(source_id) }),
      rule,
      message: toSafeLine(message, MESSAGE_LENGTH),
    });
  }
}

/** Text of the source, short and on one line, as a message may quote it. */
export const quoteSource = (text: string): string => toSafeLine(text, 200);
