import { parse } from 'yaml';
import type { Host } from '../../src/index.ts';
import { hostFiles } from '../../src/ledger/branch-files.ts';

const NAMES = { branch: 'work-ledger', version: '1.2.3' };

/** One step of a job as a host runs it: a script, and variables that it fills in. */
export interface Step {
  run: string;
  env: Record<string, string>;
}

interface ActionsStep {
  uses?: string;
  run?: string;
  if?: string;
  env?: Record<string, string>;
}

interface Workflow {
  on: Record<string, { branches: string[] }>;
  permissions: Record<string, string>;
  concurrency: Record<string, string>;
  env: Record<string, string>;
  jobs: Record<string, { steps: ActionsStep[]; 'timeout-minutes': number }>;
}

function textOf(host: Host, path: string): string {
  const text = hostFiles(host, NAMES).find((file) => file.path === path)?.text;
  if (text === undefined) throw new Error(`${host} has no ${path}`);
  return text;
}

export const WORKFLOWS = {
  github: '.github/workflows/work-ledger.yml',
  gitea: '.gitea/workflows/work-ledger.yml',
} as const;
export type ActionsHost = keyof typeof WORKFLOWS;

export const readWorkflow = (host: ActionsHost): Workflow =>
  parse(textOf(host, WORKFLOWS[host]), { strict: true }) as Workflow;

/** What an expression such as `github.event.pull_request.head.ref` is, in a run of its own. */
const look = (path: string, context: object): string =>
  String(
    path
      .trim()
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], {
        github: context,
        vars: context,
      }) ?? '',
  );

const fill = (text: string, context: object): string =>
  text.replaceAll(/\$\{\{([^}]*)\}\}/g, (_whole, path: string) => look(path, context));

/** Of the two forms that the jobs use: `A == 'B'` and `A != 'B'`. */
function holds(condition: string | undefined, context: object): boolean {
  if (condition === undefined) return true;
  const [, path = '', operator, value] = /^(\S+) (==|!=) '([^']*)'$/.exec(condition) ?? [];
  if (operator === undefined) throw new Error(`the test cannot read: ${condition}`);
  return (look(path, context) === value) === (operator === '==');
}

/** What GitHub, Gitea or Forgejo runs for an event, apart from the actions that check out and install Node. */
export function stepsOf(host: ActionsHost, context: object): Step[] {
  const { jobs, env } = readWorkflow(host);
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  return steps.flatMap((step) => {
    if (step.run === undefined || !holds(step.if, context)) return [];
    const own = Object.entries(step.env ?? {}).map(([key, value]) => [key, fill(value, context)]);
    const all = Object.entries(env).map(([key, value]) => [key, fill(value, context)]);
    return [{ run: step.run, env: Object.fromEntries([...all, ...own]) }];
  });
}

interface GitlabFile {
  workflow: { rules: { if: string }[]; auto_cancel: object };
  variables: Record<string, string>;
  default: { image: string; timeout: string; before_script: string[] };
  proposal: { script: string[]; interruptible: boolean };
  train: { script: string[] };
  ledger: { script: string[]; interruptible: boolean; resource_group: string; cache: object };
}

export const readGitlab = (): GitlabFile =>
  parse(textOf('gitlab', '.gitlab-ci.yml'), { strict: true }) as GitlabFile;

/** What GitLab runs for a job: its lines are one script. */
export function gitlabStep(job: 'proposal' | 'train' | 'ledger'): Step {
  const file = readGitlab();
  const lines = [...file.default.before_script, ...file[job].script];
  return { run: lines.join('\n'), env: file.variables };
}
