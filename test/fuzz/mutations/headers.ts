import { latin } from '../draft.ts';
import { anyDraft, anyOf, inHeaders, insert, type Mutation } from './bent.ts';

const bendPerson = (bend: (line: string) => string): Mutation =>
  inHeaders((headers, chance) => {
    const key = anyOf(chance, ['author ', 'committer ']);
    return headers.map((line) => (line.startsWith(key) ? bend(line) : line));
  });

const addHeader = (...lines: string[]): Mutation =>
  inHeaders((headers, chance) => {
    const line = anyOf(chance, lines);
    headers.splice(chance.below(headers.length + 1), 0, line);
    return headers;
  });

const twist =
  (...twists: ((commit: string) => string)[]): Mutation =>
  (bent, chance) =>
    void anyDraft(bent, chance).twists.push(anyOf(chance, twists));

const HUGE = 200_000;

/** What is bent of a commit above its message. */
export const HEADERS: Readonly<Record<string, Mutation>> = {
  'another author': bendPerson((line) => line.replace(/ .*? </, ' mallory <')),
  'another e-mail': bendPerson((line) => line.replace(/<.*>/, '<m@example.invalid>')),
  'a name in odd characters': bendPerson((line) =>
    line.replace(/ (.*?) </, (_, name: string) => ` ${name}${latin('\u200b')} <`),
  ),
  'a person without brackets': bendPerson((line) => line.replaceAll(/[<>]/g, '')),
  'a person with two': bendPerson((line) => line.replace('<', '<<')),
  'no name': bendPerson((line) => line.replace(/ .*? </, ' <')),
  'a date a second on': bendPerson((line) =>
    line.replace(/> (\d+)/, (_, at: string) => `> ${Number(at) + 1}`),
  ),
  'a date an hour back': bendPerson((line) =>
    line.replace(/> (\d+)/, (_, at: string) => `> ${Number(at) - 3600}`),
  ),
  'a date days on': bendPerson((line) =>
    line.replace(/> (\d+)/, (_, at: string) => `> ${Number(at) + 864_000}`),
  ),
  'no date': bendPerson((line) => line.replace(/> .*/, '>')),
  'an odd date': inHeaders((headers, chance) => {
    const date = anyOf(chance, [
      '0',
      '-1',
      '007',
      '1e9',
      '99999999999999999999',
      '253402300800',
      ' 5',
      '+5',
      '5.5',
      '0x5',
    ]);
    const key = anyOf(chance, ['author ', 'committer ']);
    return headers.map((line) => (line.startsWith(key) ? line.replace(/> \S+/, `> ${date}`) : line));
  }),
  'an odd zone': inHeaders((headers, chance) => {
    const zone = anyOf(chance, [
      '+0100',
      '-0000',
      '+9999',
      '0000',
      '+00',
      '+000000',
      'UTC',
      '+00:00',
      '-1200',
    ]);
    const key = anyOf(chance, ['author ', 'committer ']);
    return headers.map((line) => (line.startsWith(key) ? line.replace(/ \S+$/, ` ${zone}`) : line));
  }),
  'a header missing': inHeaders((headers, chance) => headers.toSpliced(chance.below(headers.length), 1)),
  'a header twice': inHeaders((headers, chance) => {
    headers.splice(chance.below(headers.length + 1), 0, anyOf(chance, headers));
    return headers;
  }),
  'headers in another order': inHeaders((headers) => headers.reverse()),
  'an unknown header': addHeader(
    'x-mark yes',
    'Author mallory <m@x> 1 +0000',
    'parent',
    'work-item WRK-1',
    'note a\n b',
  ),
  'an encoding': addHeader(
    'encoding UTF-8',
    'encoding utf8',
    'encoding ISO-8859-1',
    'encoding UTF-16',
    'encoding UTF-7',
    'encoding',
    'encoding CP037',
    'encoding x\n y',
  ),
  'a header that hosts write': addHeader(
    'change-id abcdef',
    'HG:extra a',
    'mergetag object 1\n type commit',
    'gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----',
    'gpgsig-sha256 x',
  ),
  'a header line with nothing': addHeader('', ' ', '\t', ' continued'),
  'a carriage return in a header': bendPerson((line) => `${line}\r`),
  'a byte zero': twist(
    (commit) => commit.replace('\n\n', '\n\n\0'),
    (commit) => commit.replace('author ', 'author \0'),
    (commit) => `${commit}\0tail\n`,
  ),
  'a name in capitals': twist((commit) =>
    commit.replace(/^tree (\w+)/, (_, oid: string) => `tree ${oid.toUpperCase()}`),
  ),
  'a short name': twist((commit) => commit.replace(/^tree (\w{39})\w/, 'tree $1')),
  'a tree that is not there': twist((commit) => commit.replace(/^tree \w+/, `tree ${'1'.repeat(40)}`)),
  'a tree that is a commit': twist((commit) =>
    commit.replace(/^tree \w+/, `tree ${/parent (\w+)/.exec(commit)?.[1] ?? '2'.repeat(40)}`),
  ),
  'a parent that is not there': twist((commit) => commit.replace(/parent \w+/, `parent ${'3'.repeat(40)}`)),
  'a parent twice': twist((commit) => commit.replace(/(parent \w+\n)/, '$1$1')),
  'a parent below': twist((commit) => {
    const [line = ''] = /parent \w+\n/.exec(commit) ?? [];
    return commit.replace(line, '').replace('\n\n', `\n${line}\n`);
  }),
  'no message': twist((commit) => commit.slice(0, commit.indexOf('\n\n') + 1)),
  'a commit that breaks off': twist((commit) => commit.slice(0, Math.floor(commit.length / 2))),
  'a huge header': addHeader(`change-id ${'x'.repeat(HUGE)}`, `mergetag x${'\n y'.repeat(HUGE / 3)}`),
  'a byte of a commit': (bent, chance) => {
    const place = chance.next();
    const byte = String.fromCharCode(chance.below(256));
    anyDraft(bent, chance).twists.push((commit) => {
      const at = Math.floor(place * commit.length);
      return commit.slice(0, at) + byte + commit.slice(at + 1);
    });
  },
  'a byte more in a commit': (bent, chance) => {
    const byte = String.fromCharCode(chance.below(256));
    const draft = anyDraft(bent, chance);
    draft.message = insert(draft.message, chance, byte);
  },
};
