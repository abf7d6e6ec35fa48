/** Characters that are kept of a reason, in a commit's trailer and in an item. */
export const REASON_LENGTH = 1000;

/** Control characters, for a set in a pattern: by number, since the tables of Unicode take long to load. */
export const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f';

/** Control characters, line and paragraph separators, and the characters that reorder text on a screen. */
const UNSAFE_SET = `${CONTROL}\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff`;
const UNSAFE = new RegExp(`[${UNSAFE_SET}]`);
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');

/**
 * Characters that show as nothing, or may: what Unicode calls default-ignorable (fillers, joiners, variation selectors, tags), and
 * others that are drawn as a blank. A person does not see them, and a program that compares or a model that reads does.
 */
const HIDDEN_SET =
  '\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200d\\u2060-\\u2065\\u206a-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\uffa0\\ufff0-\\ufffb\\u{1bca0}-\\u{1bca3}\\u{1d159}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';
const HIDDEN = new RegExp(`[${HIDDEN_SET}]`, 'u');
const ESCAPED = new RegExp(`[${UNSAFE_SET}${HIDDEN_SET}]`, 'u');

/** True where `text` can stand on one line and shows on a screen in the order it is stored. */
export function isSafeLine(text: string): boolean {
  return !UNSAFE.test(text) && text.isWellFormed();
}

/**
 * Replaces what a terminal would act on, and what shows as nothing, by its `\u….` form, so that text from a ledger cannot move the
 * cursor, hide or reorder anything, nor say to a model what no person sees. Line breaks and tabs stay where `lines` is true; so does
 * what makes one sign of an emoji, and what parts letters where a script is written with it.
 */
export function escapeUnsafe(text: string, lines = false): string {
  if (!ESCAPED.test(text)) return text;
  return text.replaceAll(keptOrEscaped(), (found, kept?: string) =>
    kept !== undefined || (lines && (found === '\n' || found === '\t'))
      ? found
      : [...Array(found.length).keys()].map((at) => `\\u${hex(found.charCodeAt(at))}`).join(''),
  );
}

const QUOTED_LENGTH = 160;

/**
 * The first line of a text of the ledger within a sentence of the program: in quotes, which none in the text can close. That more
 * follows is told after them.
 */
export function quoted(text: string): string {
  const whole = text.trim();
  const [line = ''] = whole.split('\n', 1);
  const kept = [...line.slice(0, 2 * QUOTED_LENGTH)].slice(0, QUOTED_LENGTH).join('');
  return `${escapeUnsafe(JSON.stringify(kept))}${kept === whole ? '' : ' …'}`;
}

/** A name within a sentence: as it is where it is a word, and in quotes where it could be a sentence of its own. */
export const asName = (name: string): string => (/^[\w.:@/+-]+$/.test(name) ? name : quoted(name));

const hex = (code: number): string => code.toString(16).padStart(4, '0');

/** Patterns that ask Unicode's tables, which take long to load: made when text has more than ASCII in it that matters. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const keptOrEscaped = once(() => {
  const joined = '[\\u0600-\\u0dff\\u1000-\\u109f\\u1780-\\u17ff]';
  const kept = [
    '(?<=\\p{Extended_Pictographic})[\\ufe0e\\ufe0f]',
    '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
    '(?<=(?:\\p{Extended_Pictographic}\\ufe0f?|\\p{Emoji_Modifier}))\\u200d(?=\\p{Extended_Pictographic})',
    `(?<=${joined})[\\u200c\\u200d](?=${joined})`,
  ];
  return new RegExp(`(${kept.join('|')})|[${UNSAFE_SET}${HIDDEN_SET}]`, 'gu');
});

/**
 * What is wrong with a text as a name: an actor's, a label, a swarm's, a key; whatever is compared and has to be told apart by who
 * reads it. The rules are those of Unicode's UTS 39 in short: nothing that is not seen, one form of each letter, one script in a
 * word, and no word that passes for one of Latin letters.
 *
 * @returns `undefined` where nothing is
 */
export function faultOfName(name: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is ASCII needs no more looking at
  if (/^[\u0000-\u007f]*$/.test(name)) return undefined;
  const [hidden] = HIDDEN.exec(name) ?? SPACE.exec(name) ?? [];
  if (hidden !== undefined) return `must not have characters that are not seen (${codeOf(hidden)})`;
  const [alike] = LOOKS_LIKE_ASCII.exec(name) ?? [];
  if (alike !== undefined) return `must not have ${codeOf(alike)}, which looks like another sign`;
  const { word, spelled, latin, scripts, digit, pile } = nameRules();
  const words = name.match(word) ?? [];
  if (name !== name.normalize('NFC') || words.some((one) => !isPlainForm(one)))
    return 'must be in composed form (NFC), with letters in their plain form';
  if (words.some((one) => pile.test(one))) return 'must not have accents that are not seen';
  const lettered = words.filter((one) => spelled.test(one));
  if (lettered.some((one) => !scripts.some((script) => script.test(one))))
    return 'must not mix scripts in a word, and be of scripts in wide use';
  if (new Set(name.match(digit)?.map(digitSet)).size > 1) return 'must not mix digits of several scripts';
  const latinLike = lettered.filter((one) => LATIN_LIKE.test(one));
  const passes = latinLike.length === lettered.length || lettered.some((one) => latin.test(one));
  return latinLike.length > 0 && passes ? 'must not look like a word of Latin letters' : undefined;
}

/** The name nearest to any text, without what is not seen; nothing where none is left that can be told from others. */
export function toName(text: string, maxLength: number): string {
  const shown = text.replaceAll(new RegExp(HIDDEN, 'gu'), '').replaceAll(new RegExp(SPACE, 'g'), ' ');
  const name = toSafeLine(shown.normalize('NFC'), maxLength);
  return faultOfName(name) === undefined ? name : '';
}

const codeOf = (char: string): string => `U+${hex(char.codePointAt(0) ?? 0).toUpperCase()}`;

/** A space of any other width than that of the space. */
const SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;
/** What looks like a sign that names are put together with and patterns made of (`-/.:_|@*!`), or like a Latin letter: dashes, strokes, phonetic letters. */
const LOOKS_LIKE_ASCII =
  /[\u01c0-\u01c3\u0251\u0261\u026a\u0280\u028f\u0299\u029c\u029f\u02d0\u02d7\u02f8\u0589\u05c0\u05c3\u1d00-\u1dbf\u2010-\u2015\u2017\u2024\u2044\u204e\u2212\u2215-\u2217\u2223\u2236\u23d0\u2571\u2796\u29f8\ua730-\ua7ff\uab30-\uab6f\ufe33\ufe34\ufe4d-\ufe6b\uff01\uff0a\uff0d-\uff1a\uff20-\uff3a\uff3f\uff41-\uff5a\uff5c]/;
/** A word of Cyrillic, Greek or Armenian that has letters alone which look like Latin ones. */
const LATIN_LIKE =
  /^(?:[АВЕЅІЈКМНОРСТУХҮԌԚԜаеѕіјорсухүһԁԛԝѵӏ\d]+|[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυϲϳ\d]+|[ԼՍՏՕօսոհցզ\d]+)$/;
/** True where no letter has a plainer form (`ﬁ`, `𝒂`). Thai and Lao write some vowels with one that has. */
const isPlainForm = (word: string): boolean => {
  const text = word.replaceAll(/[\u0e33\u0eb3]/g, '');
  return text === text.normalize('NFKC');
};
/** The ten digits of a script lie together. */
const digitSet = (digit: string): number => (digit.codePointAt(0) ?? 0) >> 4;

/** Those that UAX 31 recommends for identifiers, but for the ones below. */
const SCRIPTS =
  'Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan';
/** As UTS 39, "Highly Restrictive", has them. */
const SCRIPTS_TOGETHER = ['Latin Han Hiragana Katakana', 'Latin Han Bopomofo', 'Latin Han Hangul'];

const nameRules = once(() => ({
  word: /[\p{L}\p{M}\p{Nd}]+/gu,
  spelled: /\p{L}/u,
  latin: /\p{Script=Latin}/u,
  digit: /\p{Nd}/gu,
  /** Accents without a letter, twice the same, more than any language has, and a dot on what has one. */
  pile: /^\p{M}|(\p{Mn})\1|\p{Mn}{5}|[ijl]\u0307/u,
  scripts: [...SCRIPTS_TOGETHER, ...SCRIPTS.split(' ')].map((names) => {
    const set = ['Common', 'Inherited', ...names.split(' ')].map((name) => `\\p{scx=${name}}`).join('');
    return new RegExp(`^[${set}]+$`, 'u');
  }),
}));

/** Text as it is kept: LF line ends, no lone surrogates. */
export function normalizeText(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').toWellFormed();
}

/** Text without slashes at either end. By hand: a pattern that looks for them at the end begins anew at each. */
export function trimSlashes(text: string): string {
  let [from, to] = [0, text.length];
  while (text[from] === '/') from += 1;
  while (to > from && text[to - 1] === '/') to -= 1;
  return text.slice(from, to);
}

/** Makes one safe line of any text: breaks become spaces, other unsafe characters go. Used for foreign titles. */
export function toSafeLine(text: string, maxLength: number): string {
  const line = normalizeText(text)
    .replaceAll(/[\n\t]+/g, ' ')
    .replaceAll(UNSAFE_ALL, '')
    .trim();
  return [...line].length > maxLength ? `${[...line].slice(0, maxLength - 1).join('')}…` : line;
}

const LISTED = 10;
const KEPT = 100;

/** Names in a sentence: the first of them, and how many there are beside. */
export function listed(names: readonly string[], separator = ', '): string {
  const first = names.slice(0, LISTED).join(separator);
  return names.length > LISTED ? `${first}${separator}and ${names.length - LISTED} more` : first;
}

/** As many of a list as a refusal carries: it is kept in a commit where a transition is lost. */
export const firstOf = <T>(list: readonly T[]): T[] => list.slice(0, KEPT);
