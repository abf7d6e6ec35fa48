import type { PushRule } from '../audit/rules.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Oid } from '../store/port.ts';
import { judgePush } from './judge.ts';
import { type RefUpdate, readOutgoing, readUpdates, toUpdate } from './updates.ts';

export const HOOKS = ['pre-receive', 'update', 'pre-push', 'commit-msg', 'post-merge'] as const;
export type HookName = (typeof HOOKS)[number];

/** A hook as git calls it. */
export interface HookCall {
  /** Where git runs it. */
  dir: string;
  args: readonly string[];
  /** What git writes to its standard input. */
  readInput(): Promise<string>;
}

/** What a hook has to say, and whether git is to go on. */
export interface HookVerdict {
  ok: boolean;
  /** One line, or none. */
  lines: readonly string[];
  refused?: { ref: string; rule: PushRule; commit: Oid; id: WorkId | undefined } | undefined;
}

const LONGEST = 400;
const SHORT_COMMIT = 12;
const FINE: HookVerdict = { ok: true, lines: [] };

/** Does what the hook of this name does. @throws LedgerError where it cannot tell, in which case nothing may be taken */
export async function runHook(name: HookName, call: HookCall): Promise<HookVerdict> {
  switch (name) {
    case 'pre-receive':
      return judge(call.dir, readUpdates(await call.readInput()));
    case 'update': {
      const [ref = '', old = '', now = ''] = call.args;
      const update = toUpdate(ref, old, now);
      return judge(call.dir, update && [update]);
    }
    case 'pre-push': {
      const { judgeOutgoing } = await import('./client.ts');
      return judgeOutgoing(call.dir, requireRead(readOutgoing(await call.readInput())), verdictOf);
    }
    case 'commit-msg': {
      const { checkMessageFile } = await import('./client.ts');
      return checkMessageFile(call.dir, call.args[0] ?? '');
    }
    case 'post-merge': {
      const { checkMerged } = await import('./client.ts');
      return checkMerged(call.dir, verdictOf);
    }
    default:
      return name satisfies never;
  }
}

async function judge(dir: string, updates: RefUpdate[] | undefined): Promise<HookVerdict> {
  return verdictOf(await judgePush(dir, requireRead(updates)));
}

function requireRead(updates: RefUpdate[] | undefined): RefUpdate[] {
  if (updates !== undefined) return updates;
  throw new LedgerError('INVALID_INPUT', 'This is not what git tells a hook.', {
    hint: 'Hooks are called by git; put them in place with: wl hooks install',
  });
}

function verdictOf(refusal: Awaited<ReturnType<typeof judgePush>>): HookVerdict {
  if (refusal === undefined) return FINE;
  const { ref, rule, message, commit, id } = refusal;
  const where = [commit.slice(0, SHORT_COMMIT), ...(id === undefined ? [] : [id])].join(', ');
  const line = toSafeLine(`work-ledger: refused ${ref}: ${rule} (${where}): ${message}`, LONGEST);
  return { ok: false, lines: [line], refused: { ref, rule, commit, id } };
}
