import { decodePresence, readPresenceName } from '../../src/agents/presence/record.ts';
import { checkWords } from '../../src/audit/check-trailers.ts';
import { CommitFindings } from '../../src/audit/findings.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/command.ts';
import { scan } from '../../src/cli/grammar.ts';
import { isKnownFile, problemOfPath } from '../../src/codec/auxiliary-files.ts';
import { readCanonical } from '../../src/codec/canonical-yaml.ts';
import { decodeItem, guessItem } from '../../src/codec/item.ts';
import { decodeLedgerMessage, decodeMessage, readTrailers } from '../../src/codec/message.ts';
import { parsePath } from '../../src/codec/path.ts';
import { readYaml } from '../../src/codec/read-yaml.ts';
import { decodeSettings } from '../../src/codec/settings.ts';
import { isOp, isWorkId } from '../../src/domain/ids.ts';
import { markData } from '../../src/domain/marked-data.ts';
import { matches } from '../../src/domain/policy-rules.ts';
import {
  escapeUnsafe,
  isSafeLine,
  normalizeText,
  quoted,
  toSafeLine,
  trimSlashes,
} from '../../src/domain/text.ts';
import { isActorName, isTime } from '../../src/domain/values.ts';
import { interpretConfig, parseConfigList } from '../../src/git/config/interpret.ts';
import { parseRawDiff } from '../../src/git/log.ts';
import { readAllowedSigners, readRevoked } from '../../src/git/model/allowed-signers.ts';
import { parseCommit } from '../../src/git/model/commit.ts';
import { readSshSignature, SshKeys } from '../../src/git/model/ssh-signature.ts';
import { findPackedRef, isRefName, parsePackedRefs, withoutPackedRef } from '../../src/git/refs/ref-files.ts';
import { namesIn } from '../../src/git/signatures.ts';
import { readSigned } from '../../src/git/ssh-signatures.ts';
import { readOutgoing, readUpdates } from '../../src/githooks/updates.ts';
import { repositoryAt } from '../../src/hosts/host.ts';
import { decodeLines, demultiplex } from '../../src/isomorphic/pkt-line.ts';
import { readPushReport } from '../../src/isomorphic/smart-http.ts';
import { readGitPush } from '../../src/remote/native-refs.ts';
import { fenced, inert } from '../../src/review/markdown.ts';
import { displayUrl } from '../../src/trace/mask.ts';
import { parseRecord } from '../../src/transfer/parse-json.ts';

/** Texts on which a pattern that begins anew, or that goes back, takes the square of their length. */
const HOSTILE: Record<string, (n: number) => string> = {
  letters: (n) => 'a'.repeat(n),
  capitals: (n) => 'A'.repeat(n),
  digits: (n) => '1'.repeat(n),
  spaces: (n) => `x${' '.repeat(n)}x`,
  tabs: (n) => `x${'\t '.repeat(n / 2)}x`,
  breaks: (n) => '\n'.repeat(n),
  'carriage returns': (n) => `${'\r'.repeat(n)}x`,
  'blank lines': (n) => '\n \n\t'.repeat(n / 4),
  brackets: (n) => `${'<'.repeat(n)}><> 0`,
  'closing brackets': (n) => '> 1 '.repeat(n / 4),
  quotes: (n) => '"\\'.repeat(n / 2),
  'open strings': (n) => `{"a":"${'\\"'.repeat(n / 2)}`,
  slashes: (n) => `x${'/'.repeat(n)}x`,
  dots: (n) => `x${'./'.repeat(n / 2)}`,
  schemes: (n) => 'a+'.repeat(n / 2).concat('@'),
  addresses: (n) => 'a://b'.repeat(n / 5),
  colons: (n) => 'a: '.repeat(n / 3),
  dashes: (n) => '-'.repeat(n).concat('x'),
  'lists in lists': (n) => '- '.repeat(n / 2),
  'open lists': (n) => '['.repeat(n),
  'open maps': (n) => '{a: '.repeat(n / 4),
  backticks: (n) => '`a'.repeat(n / 2),
  mentions: (n) => '@a#1clos '.repeat(n / 9),
  trailers: (n) => 'Work-Item: x\n'.repeat(n / 13),
  'other trailers': (n) =>
    Array.from(
      { length: n / 10 },
      (_, at) => `Work-${'ABCDEFGH'[at % 8]}${'abcdefgh'[(at >> 3) % 8]}: x`,
    ).join('\n'),
  equals: (n) => 'Zg'.concat('='.repeat(n), 'x'),
  percents: (n) => '%a'.repeat(n / 2),
  'unknown characters': (n) => '\ufffd'.repeat(n).concat('x'),
  'unsafe characters': (n) => '\u202e\u0000'.repeat(n / 2),
  'zero bytes': (n) => '\0'.repeat(n),
  names: (n) => 'repository '.repeat(n / 11),
  locks: (n) => "Unable to create '".repeat(n / 18),
  stars: (n) => 'a*'.repeat(n / 2),
  'keys that stand twice': (n) => 'key: 1\n'.repeat(n / 7),
  'different keys': (n) => Array.from({ length: n / 10 }, (_, at) => `k${at}: 1`).join('\n'),
  anchors: (n) => Array.from({ length: n / 10 }, (_, at) => `- &a${at} 1`).join('\n'),
  aliases: (n) => `- &a 1\n${'- *a\n'.repeat(n / 5)}`,
  directives: (n) => '%YAML 1.2\n'.repeat(n / 10),
  documents: (n) => '---\n'.repeat(n / 4),
  'explicit keys': (n) => '? a\n'.repeat(n / 4),
  'folded text': (n) => `a: >\n${' x\n\n'.repeat(n / 4)}`,
  'plain text of many lines': (n) => `a: b\n${' c\n\n'.repeat(n / 4)}`,
  'quoted text of many lines': (n) => `a: "${' c\n\n'.repeat(n / 4)}`,
  comments: (n) => ' #\n'.repeat(n / 3),
  tags: (n) => '!'.repeat(n),
  'conflict markers': (n) => '<<<<<<'.repeat(n / 6),
};

const bytes = (text: string): Buffer => Buffer.from(text);
const TREE = `tree ${'a'.repeat(40)}\n`;
const person = 'ada <ada@example.invalid> 1 +0000';
const findings = () => new CommitFindings({ oid: '', parents: [], message: '' } as never);
const event = {
  verb: 'claim',
  id: 'WRK-20260103-0001',
  title: 'One',
  from: 'pending',
  to: 'in_progress',
  rev: 2,
  actor: 'ada',
  op: '',
  at: '',
};
const pkt = (text: string): string => (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
const refused = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return error;
  }
};

/** Each reader of what a ledger, a remote, a file or a caller says, with the text where it can do most harm. */
export const READERS: Record<string, (text: string) => unknown> = {
  'a commit': (text) => parseCommit(bytes(text)),
  'a commit’s author': (text) => parseCommit(bytes(`${TREE}author ${text}\ncommitter ${person}\n\n`)),
  'a commit’s headers': (text) =>
    parseCommit(bytes(`${TREE}author ${person}\ncommitter ${person}\n${text}\n\n`)),
  'a signature of a commit': (text) =>
    parseCommit(
      bytes(`${TREE}author ${person}\ncommitter ${person}\ngpgsig ${text.replaceAll('\n', '\n ')}\n\n`),
    ),
  'trailers of a message': readTrailers,
  'the message of a transition': decodeMessage,
  'the message of a change of settings': decodeLedgerMessage,
  'a trailer’s value': (text) =>
    decodeMessage(`x\n\nWork-Item: ${text}\nWork-Verb: ${text}\nWork-At: ${text}\n`),
  'the words of a message': (text) => checkWords(text, event as never, findings()),
  'the words of a proposal': (text) =>
    checkWords(text, { ...event, verb: 'approve', actor: 'pull-request' } as never, findings()),
  'a file that the program may have written': (text) => readCanonical(`${text}\n`),
  'a value in such a file': (text) => readCanonical(`title: ${text}\n`),
  'an item': (text) => guessItem(bytes(text)),
  'a file as YAML': (text) => readYaml(bytes(text)),
  'a value in YAML': (text) => readYaml(bytes(`title: ${text}\n`)),
  'a damaged item': (text) => decodeItem(bytes(`title: "x"\n${text}`), 'WRK-20260103-0001', 'active'),
  'ledger.yaml': (text) => refused(() => decodeSettings(bytes(text))),
  'a path': (text) => [
    parsePath(text),
    parsePath(`active/${text}.yaml`),
    isKnownFile(text),
    problemOfPath(`policy/${text}`),
  ],
  'an id, an op, a time, a name': (text) => [isWorkId(text), isOp(text), isTime(text), isActorName(text)],
  'a pattern on a name': (text) => [
    matches(text, 'a'.repeat(100_000)),
    matches(`*${text}*b`, text),
    matches('*a*b', text),
  ],
  'a line for people': (text) => [
    toSafeLine(text, 100),
    isSafeLine(text),
    escapeUnsafe(text, true),
    normalizeText(text),
  ],
  'a line of the wire': (text) => refused(() => [...decodeLines(bytes(text))]),
  'an answer on side bands': (text) =>
    refused(() => demultiplex(bytes(pkt(`\x02${text.slice(0, 60_000)}`).repeat(2)))),
  'a push report': (text) =>
    refused(() =>
      readPushReport(bytes(pkt(`ng refs/heads/x ${text.slice(0, 60_000)}`)), 'refs/heads/x', text),
    ),
  'what git says of a push': (text) =>
    [text, `!\tx:refs/heads/x\t[rejected] (${text.replaceAll('\n', ' ')})\n${text}`].map((said) =>
      readGitPush({ ok: false, said, begun: true }, 'refs/heads/x'),
    ),
  'a text with addresses': displayUrl,
  'the address of a remote': (text) => [
    refused(() => repositoryAt(text)),
    refused(() => repositoryAt(`https://h.example/${text}`)),
    trimSlashes(text),
  ],
  'git’s configuration': (text) =>
    interpretConfig(parseConfigList(`file:x\0remote.${text}.url\n${text}\0file:x\0gc.auto\n${text}`)),
  'packed-refs': (text) => [
    parsePackedRefs(text),
    findPackedRef(` ${text}\n`.repeat(2), text.slice(0, 100)),
    withoutPackedRef(text, 'x'),
  ],
  'a name of a ref': (text) => [isRefName(text), isRefName(`refs/${text}`)],
  'what git tells a hook': (text) => [readUpdates(text), readOutgoing(text)],
  'what git says of trees': (text) => parseRawDiff(text.split('\0')),
  'a signature of SSH': (text) =>
    readSshSignature(`-----BEGIN SSH SIGNATURE-----\n${text}\n-----END SSH SIGNATURE-----\n`, new SshKeys()),
  'a commit’s signature': (text) =>
    readSigned(
      bytes(`${TREE}author ${person}\ncommitter ${person}\ngpgsig ${text.replaceAll('\n', '\n ')}\n\nx`),
    ),
  'who may sign': (text) => readAllowedSigners(`${text}\nada ${text} ssh-rsa ${text}`, new SshKeys()),
  'for what one may sign': (text) =>
    readAllowedSigners(`"${text}" namespaces="${text}",${text} ssh-rsa AAAA ${text}`, new SshKeys()),
  'keys that were revoked': (text) => readRevoked(`ssh-rsa ${text}\n${text}`, new SshKeys()),
  'a keyring': (text) => namesIn(`uid:u:::::::${text.replaceAll(':', '')}:\n${text}`),
  'a name of presence': (text) => [readPresenceName(text), readPresenceName(`${text}.abcd1234`)],
  'a sign of presence': (text) => decodePresence(bytes(`${TREE}x\n\n${text}\n\n${text}`)),
  'a record to import': parseRecord,
  'a text for a model': (text) => [markData([text, text]), quoted(text)],
  'a page of a review': (text) => [inert(text), fenced(text, { bytes: 100_000, more: 'x' })],
  'a call': (text) => scan(text.split(/[ \n]/), GLOBAL_OPTIONS, new Set(['list'])),
};

/**
 * Reads each hostile text with `read`, and the same four times as long.
 *
 * @returns those that took more than `most` milliseconds, and how long the worst took
 */
export function readAll(
  read: (text: string) => unknown,
  length: number,
  most: number,
): { slow: string[]; worst: number } {
  const slow: string[] = [];
  let worst = 0;
  for (const [what, make] of Object.entries(HOSTILE)) {
    for (const n of [length, 4 * length]) {
      const text = make(n);
      const start = performance.now();
      read(text);
      const took = performance.now() - start;
      worst = Math.max(worst, took);
      if (took <= most) continue;
      slow.push(`${what}, ${n}: ${took.toFixed(0)} ms`);
      break;
    }
  }
  return { slow, worst };
}
