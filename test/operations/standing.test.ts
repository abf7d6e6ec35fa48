import { Tiktoken } from 'js-tiktoken/lite';
import cl100k from 'js-tiktoken/ranks/cl100k_base';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { expect, test } from 'vitest';
import type { WorkItem } from '../../src/index.ts';
import { costOf, PRIME_TOKENS, primeLines, type Standing } from '../../src/operations/standing.ts';

const TOKENIZERS = [new Tiktoken(o200k), new Tiktoken(cl100k)];
const tokens = (text: string): number => Math.max(...TOKENIZERS.map((one) => one.encode(text).length));

/** Texts that cost the most of their kind: each takes so many characters of it, by chance with a seed. */
const KINDS: Readonly<Record<string, string>> = {
  letters: 'qxzjvkw',
  capitals: 'QXZJVKW',
  digits: '0123456789',
  signs: '!"#$%&()*+,-./:;<=>?@[]^_`{|}~\\\'',
  mixed: 'aZ9qX-Kj4_Bz',
  escaped: '\u202e\u200b\u2066\ufeff',
  quotes: '"\\',
  signs_of_chinese: '漢字龘靐齉龗麤鱻',
  emoji: '😀🤖🧿🪬🫥',
  arabic: 'ﷺﷻ﷼ﺀﺁ',
  latin: 'ẘẙẚŁłŦŧ',
  blanks: ' \t\n\u00a0\u3000',
};

function textOf(kind: string, length: number, seed: number): string {
  const signs = [...(KINDS[kind] ?? '')];
  let state = seed + 1;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return signs[Math.floor((state / 2 ** 31) * signs.length)];
  }).join('');
}

const NOW = new Date('2026-01-03T12:00:00.000Z');

function itemWith(id: string, text: string): WorkItem {
  return {
    id,
    title: text.trim() || 'x',
    type: 'documentation',
    priority: 'critical',
    status: 'blocked',
    attempts: 3,
    block: { reason: text, since: '2026-01-03T10:00:00.000Z', from: 'in_progress' },
    checkpoint: {
      at: '2025-01-03T10:00:00.000Z',
      attempt: 3,
      step: text,
      summary: text,
      next_action: text,
      work_ref: text,
    },
    context: {
      answers: Object.fromEntries(
        ['a', 'b', 'c'].map((key) => [`${id}${key}`, { question: text, answer: text, by: text }]),
      ),
    },
  } as unknown as WorkItem;
}

const worst = (text: string, id: string): Standing => ({
  actor: text.slice(0, 200),
  execution_id: `${'aZ9-'.repeat(16)}`,
  held: Array.from({ length: 9 }, (_, n) => itemWith(`${id}${n}`, text)),
  held_by_others: Array.from({ length: 9 }, (_, n) => itemWith(`${id}${n}`, text)),
  ready: Array.from({ length: 3 }, (_, n) => itemWith(`${id}${n}`, text)),
  ready_count: 123_456,
});

test('given texts of the worst kinds, when an agent is primed, then it costs at most 600 tokens', () => {
  const costs = Object.keys(KINDS).flatMap((kind) =>
    [0, 1, 2, 3].map((seed) => {
      const standing = worst(textOf(kind, 4_000, seed), 'WXQZJKVB-20260103-q9x7z4k2j8v5w3');
      return [kind, tokens(primeLines(standing, NOW, 'by_hand').join('\n'))] as const;
    }),
  );
  expect(costs.filter(([, cost]) => cost > PRIME_TOKENS)).toEqual([]);
  expect(costs).toHaveLength(48);
});

test('given texts of the worst kinds, when what they cost is estimated, then tokenizers make no more of all of them', () => {
  for (const kind of Object.keys(KINDS)) {
    const texts = [0, 1, 2, 3, 4].map((seed) => textOf(kind, 60, seed));
    const sum = (of: (text: string) => number): number => texts.reduce((all, text) => all + of(text), 0);
    expect(sum(costOf), kind).toBeGreaterThanOrEqual(0.97 * sum(tokens));
  }
});
