import { isLedgerError } from '../../src/domain/errors.ts';
import type { Oid } from '../../src/store/port.ts';
import type { LedgerCommand } from '../../src/sync/draft.ts';
import type { Outcome } from '../../src/sync/outcome.ts';

/** One command of a call. */
export interface Asked {
  op: string;
  verb: string;
  /** `undefined` for a new item. */
  id: string | undefined;
  command: LedgerCommand;
}

/** What a caller was told of one command, in the words of the library. */
export interface ToldOutcome {
  kind: Outcome['kind'];
  op: string;
  /** Of an accepted one: whether the remote has it, or this clone alone. */
  where?: 'remote' | 'local' | undefined;
  id?: string | undefined;
  code?: string | undefined;
  /** Of what came to nothing: whether it may be made all the same. */
  unknown?: boolean | undefined;
}

/** A transition that a failure tells of. */
export interface Left {
  op: string;
  id?: string | undefined;
}

export type Told =
  | { kind: 'outcomes'; outcomes: ToldOutcome[] }
  | {
      kind: 'failure';
      code: string;
      message: string;
      /** What waits in the clone, what was sent, ids of what was taken back, and whether any of it may be made all the same. */
      saved: Left[];
      sent: Left[];
      withdrawn: string[];
      unknown: boolean;
    };

/** One call of one caller, from beginning to end. */
export interface ToldCall {
  process: string;
  clone: string;
  mode: 'push' | 'local';
  /** As a transcript names it. */
  what: string;
  began: number;
  /** `undefined` where its process died, or stands still. */
  ended: number | undefined;
  atomic: boolean;
  asked: Asked[];
  /** The tips that the clone's branch had, from when the call began until it ended. */
  tips: readonly (Oid | undefined)[];
  told: Told | undefined;
}

export function outcomesOf(asked: readonly Asked[], outcomes: readonly Outcome[]): Told {
  return {
    kind: 'outcomes',
    outcomes: outcomes.map((outcome, index) => {
      const op = asked[index]?.op ?? '';
      switch (outcome.kind) {
        case 'accepted':
          return { kind: outcome.kind, op, where: outcome.where, id: outcome.event?.id ?? outcome.item?.id };
        case 'unchanged':
          return { kind: outcome.kind, op, id: outcome.item?.id };
        case 'lost':
        case 'refused':
          return {
            kind: outcome.kind,
            op,
            code: outcome.error.code,
            unknown: outcome.error.details.unknown === true,
          };
        default:
          return outcome satisfies never;
      }
    }),
  };
}

export function failureOf(error: unknown): Told {
  if (!isLedgerError(error)) {
    const [code, message] = [
      'CRASH',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    ];
    return { kind: 'failure', code, message, saved: [], sent: [], withdrawn: [], unknown: false };
  }
  const { code, message } = error;
  const { saved = [], sent = [], withdrawn = [], unknown = false } = error.details as Record<string, never>;
  return { kind: 'failure', code, message, saved, sent, withdrawn, unknown };
}

/** What was told, as a transcript says it. */
export function inWords(told: Told): string {
  if (told.kind === 'outcomes')
    return told.outcomes
      .map(({ kind, where, id, code, unknown }) =>
        [kind, where, id, code, unknown && 'unknown'].filter(Boolean).join(' '),
      )
      .join('; ');
  const left = [
    ...told.saved.map(({ op }) => `saved …${op.slice(-6)}`),
    ...told.sent.map(({ op }) => `sent …${op.slice(-6)}`),
    ...told.withdrawn.map((id) => `withdrawn ${id}`),
    ...(told.unknown ? ['unknown'] : []),
  ];
  return [told.code, ...left].join(', ');
}
