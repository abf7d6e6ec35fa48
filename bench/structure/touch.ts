import { type Source, withoutComments } from './sources.ts';

/** What one adds, by an example that is there: which source files name it. */
interface Example {
  kind: string;
  name: string;
  /** How code names it. Where other things have the same name, only as this one is named. */
  named: RegExp;
  /** Where it is looked for; everywhere where that is not said. */
  within?: RegExp;
}

/**
 * - A verb: `withdraw`, by its name as a text or a key. Sync takes commands back, which is called the same and is no verb.
 * - A field: `job_id`, which no rule looks at.
 * - A filter of lists: `job`, where lists are asked for and answered; elsewhere it is the option that sets the field.
 */
const EXAMPLES: readonly Example[] = [
  {
    kind: 'verb',
    name: 'withdraw',
    named: /['"](?:review )?withdraw['"]|\bwithdraw:|verbs\/withdraw|withdrawWork/,
  },
  { kind: 'field of an item', name: 'job_id', named: /\bjob_id\b/ },
  {
    kind: 'filter of lists',
    name: 'job',
    named: /\bjob\b/,
    within: /^(?:query|projection|cli\/commands\/query)\//,
  },
  { kind: 'format of the report', name: 'html', named: /['"]html['"]|\bhtml:|report-html|htmlReport/ },
  { kind: 'review host', name: 'gitea', named: /gitea/i },
];

export interface Touched {
  kind: string;
  name: string;
  files: string[];
}

/** For each kind of thing that one adds, the source files that would have to be touched: docs and tests come on top. */
export function touched(sources: readonly Source[]): Touched[] {
  const code = sources.map(({ path, text }) => ({ path, text: withoutComments(text) }));
  return EXAMPLES.map(({ kind, name, named, within = /^/ }) => ({
    kind,
    name,
    files: code.filter(({ path, text }) => within.test(path) && named.test(text)).map(({ path }) => path),
  }));
}
