import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LedgerError } from '../../src/domain/errors.ts';
import type { PushResult } from '../../src/remote/port.ts';
import * as exchanges from '../../src/sync/exchange.ts';
import type { Ending } from '../../src/sync/outcome.ts';
import * as requests from '../../src/sync/requests.ts';

/*
 * Runs of the two state machines of `sync/`, as files that a person can read. `#` explains, `=` says how things stand from there on,
 * `>` is what happened; the other lines are what the machine does, and are written by it. `vitest run -u` writes them anew.
 */

const DIR = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(DIR).filter((name) => name.endsWith('.txt'));

test.each(files)('%s is what the state machines do', async (name) => {
  const path = `${DIR}${name}`;
  const given = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^[#=>]|^$|^(exchange|requests)\b/.test(line));
  expect(await played(given)).toMatch(/\n.*\n/);
  await expect(await played(given)).toMatchFileSnapshot(path);
});

/** What one machine does with one line. */
type Play = (line: string) => string[];

async function played(lines: readonly string[]): Promise<string> {
  let play: Play | undefined;
  const told: string[] = [];
  for (const line of lines) {
    told.push(line);
    if (line.startsWith('exchange')) play = playExchange(line, told);
    else if (line === 'requests') play = playRequests();
    else if (line !== '' && !line.startsWith('#')) told.push(...(play?.(line) ?? []));
  }
  return told.join('\n');
}

const ENDINGS: Record<string, Ending> = {
  accepted: { kind: 'accepted' },
  unchanged: { kind: 'unchanged', item: undefined },
  lost: { kind: 'lost', op: '', error: new LedgerError('ILLEGAL_TRANSITION', ''), kept: '' },
};

/** `a1 lost, a2 accepted` */
const endingsIn = (text: string): Map<string, Ending> =>
  new Map(
    text
      .split(', ')
      .map((one) => one.split(' '))
      .flatMap(([op = '', kind = '']) => (ENDINGS[kind] === undefined ? [] : [[op, ENDINGS[kind]]])),
  );

function playExchange(line: string, told: string[]): Play {
  const [, purpose = '', ...ops] = line.split(' ');
  const facts = {
    timeUp: false,
    shared: true,
    contended: false,
    busy: false,
    mayOffer: true,
    twoAddresses: false,
  };
  const plan: exchanges.Plan = {
    look: purpose !== 'push',
    overdue: purpose === 'sync',
    push: purpose === 'fetch' ? 'nothing' : purpose === 'sync' ? 'all' : new Set(ops),
  };
  let exchange = exchanges.begin(plan, facts);
  told.push(inWords(exchange));
  return (event) => {
    if (event.startsWith('= ')) {
      const [, not, fact = ''] = /^= (not )?(\w+)$/.exec(event) ?? [];
      if (!(fact in facts)) throw new Error(event);
      Object.assign(facts, { [fact]: not === undefined });
      return [];
    }
    exchange = exchanges.next(exchange, answerIn(event.slice(2)), facts);
    return [inWords(exchange)];
  };
}

const PUSHES: Record<string, PushResult> = {
  accepted: { kind: 'accepted' },
  behind: { kind: 'behind', reason: 'fetch first' },
  refused: { kind: 'refused', reason: 'hook declined' },
  denied: { kind: 'denied', reason: 'permission denied' },
  unreachable: { kind: 'unreachable', cause: new Error('no route') },
  unknown: { kind: 'unknown', cause: new Error('it broke off') },
};

function answerIn(text: string): exchanges.Answer {
  const [word = '', ...rest] = text.split(' ');
  switch (word) {
    case 'moved':
    case 'stands':
      return { kind: 'looked', moved: word === 'moved' };
    case 'pending': {
      const [groups = '', settled = ''] = rest.join(' ').split('; ');
      const pending = groups === 'nothing' ? [] : groups.split(', ').map((group) => group.split('+'));
      return { kind: 'reconciled', pending, settled: endingsIn(settled), checked: true };
    }
    case 'found':
      return { kind: 'found', settled: endingsIn(rest.join(' ')) };
    case 'pushed': {
      const result = PUSHES[rest[0] ?? ''];
      if (result === undefined) throw new Error(text);
      return { kind: 'pushed', result, combined: rest[1] === 'with-others' };
    }
    case 'written':
      return { kind: 'written', stands: rest[0] === 'stands' };
    case 'done':
      return { kind: 'done' };
    default:
      throw new Error(`no answer: ${text}`);
  }
}

function inWords({ doing, settled }: exchanges.Exchange): string {
  switch (doing.do) {
    case 'look':
      return `  look (${doing.why})`;
    case 'push':
      return `  push ${doing.what}${doing.offer ? ', with an offer' : ''}`;
    case 'pause':
      return `  pause ${doing.tries}`;
    case 'refuse':
      return `  refuse: ${doing.reason}`;
    case 'end': {
      const ends = [...settled].map(([op, { kind }]) => `${op} ${kind}`).join(', ') || 'nothing settled';
      const { failure } = doing;
      return `  end: ${ends}${failure === undefined ? '' : `; ${JSON.stringify(failure)}`}`;
    }
    default:
      return `  ${doing.do}`;
  }
}

function playRequests(): Play {
  const facts = { now: 0, fresh: false };
  let state = requests.NONE;
  return (line) => {
    if (line.startsWith('= ')) {
      const [, time] = /^= (\d+) s$/.exec(line) ?? [];
      if (time !== undefined) facts.now = Number(time) * 1000;
      else facts.fresh = line === '= fresh';
      return [];
    }
    const [next, effects] = requests.step(state, eventIn(line.slice(2), facts.now), facts);
    state = next;
    return effects.length === 0 ? ['  nothing'] : effects.map(effectInWords);
  };
}

/** `claim 1, comment 2, comment 3 at 20`: what waited for a leader since second 20. */
function eventIn(text: string, now: number): requests.Event {
  const [word = '', ...rest] = text.split(' ');
  const about = rest.join(' ');
  switch (word) {
    case 'asked':
      return {
        kind: 'asked',
        requests: about.split(', ').map((one) => {
          const [what, id, , asked] = one.split(' ');
          const kind = what === 'sync' || what === 'fetch' ? what : 'write';
          const committed = what === 'died';
          return {
            ...{ id: Number(id), kind, publish: kind === 'write' && what !== 'offline', committed },
            ...{
              takes: what === 'claim',
              deadline: (asked === undefined ? now : Number(asked) * 1000) + 60_000,
            },
          };
        }),
      };
    case 'committed': {
      const stages = about.split(', ').map((one) => {
        const [id, ...stage] = one.split(' ');
        return [Number(id), stage.join(' ') as 'settled' | 'committed' | 'in doubt'] as const;
      });
      return { kind: 'committed', stages: new Map(stages) };
    }
    case 'gave':
      return { kind: 'gave up' };
    case 'exchanged': {
      const error = about === '' ? undefined : new LedgerError(about as 'CONTENDED', about);
      const passing = about === 'HISTORY_REWRITTEN' ? undefined : error;
      return { kind: 'exchanged', failure: error && { error, passing } };
    }
    default:
      throw new Error(`no event: ${text}`);
  }
}

function effectInWords(effect: requests.Effect): string {
  if (effect.do === 'hurry') return `  hurry: until ${effect.deadline / 1000} s`;
  const ids = effect.requests.join(', ');
  switch (effect.do) {
    case 'exchange':
      return `  exchange to ${effect.purpose}, for ${ids}, until ${effect.deadline / 1000} s`;
    case 'refuse':
    case 'give up':
      return `  ${effect.do} ${ids}: ${(effect.error as LedgerError).code}`;
    default:
      return `  ${effect.do} ${ids}`;
  }
}
