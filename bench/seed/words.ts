import type { SeededRandom } from './random.ts';

/** Stands in about 20 items of a seed, whatever its size: what the benchmarks search for. */
export const RARE_WORD = 'zeppelin';

const STARTS =
  'add fix move split merge check read write parse render queue retry cache index audit review sign route trace pack';
const MIDDLES =
  'token user order invoice report session schema ledger branch commit worker lease upload search filter label page';
const ENDS =
  'store table view service client handler stream test limit error event format rule path hook plan';

/** Common words first: the rank decides how often a word is drawn. */
const VOCABULARY = makeVocabulary();

function makeVocabulary(): [string, ...string[]] {
  const [starts, middles, ends] = [STARTS, MIDDLES, ENDS].map((words) => words.split(' '));
  const plain = [...(starts ?? []), ...(middles ?? []), ...(ends ?? [])];
  const joined = (middles ?? []).flatMap((a) => [...(starts ?? []), ...(ends ?? [])].map((b) => a + b));
  return ['the', 'of', 'when', 'and', 'to', 'a', ...plain, ...joined];
}

/** Few words often, most of them seldom, as in any text. */
const drawWord = (random: SeededRandom): string =>
  VOCABULARY[Math.floor(VOCABULARY.length * random.next() ** 3)] ?? VOCABULARY[0];

/** Sentences of `bytes` bytes or a little more, in two paragraphs. */
export function drawText(random: SeededRandom, bytes: number, extra: readonly string[] = []): string {
  const sentences: string[] = [];
  let length = 0;
  while (length < bytes) {
    const words = Array.from({ length: 5 + random.below(9) }, () => drawWord(random));
    if (sentences.length === 0) words.push(...extra);
    const sentence = `${capital(words.join(' '))}.`;
    sentences.push(sentence);
    length += sentence.length + 1;
  }
  const half = sentences.length >> 1;
  return [sentences.slice(0, half), sentences.slice(half)]
    .filter((part) => part.length > 0)
    .map((part) => part.join(' '))
    .join('\n\n');
}

export const drawTitle = (random: SeededRandom): string =>
  capital(Array.from({ length: 4 + random.below(4) }, () => drawWord(random)).join(' '));

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
