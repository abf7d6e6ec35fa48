import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runs } from '../helpers/runs.ts';
import { armour, ed25519Signer, SSH_KINDS, signatureOf, withSignature } from '../helpers/ssh-signer.ts';
import { isolateThisProcess } from '../helpers/temp-repo.ts';
import { AT, openReferee, type Referee, seconds, signed, unsigned } from './referee.ts';

isolateThisProcess();

let referee: Referee;
beforeAll(async () => {
  referee = await openReferee();
});
afterAll(() => referee.close());

/** Bends a text at chance places: a byte becomes another, is doubled, or is gone. */
const bends = fc.array(
  fc.record({ at: fc.nat(), how: fc.constantFrom('flip', 'double', 'drop', 'swap'), bit: fc.nat(7) }),
  { minLength: 1, maxLength: 3 },
);
type Bends = typeof bends extends fc.Arbitrary<infer T> ? T : never;

function bent(bytes: Buffer, how: Bends): Buffer {
  return how.reduce((made, { at, how, bit }) => {
    const place = made.length === 0 ? 0 : at % made.length;
    const [before, after] = [made.subarray(0, place), made.subarray(place + 1)];
    const byte = made.subarray(place, place + 1);
    if (how === 'drop') return Buffer.concat([before, after]);
    if (how === 'double') return Buffer.concat([before, byte, byte, after]);
    if (how === 'swap') return Buffer.concat([before, after.subarray(0, 1), byte, after.subarray(1)]);
    return Buffer.concat([before, Buffer.from([(byte[0] ?? 0) ^ (1 << bit)]), after]);
  }, bytes);
}

const bentCommit = fc.record({
  kind: fc.constantFrom(...SSH_KINDS),
  how: bends,
  what: fc.constantFrom('commit', 'signature', 'made', 'key'),
});
type BentCommit = typeof bentCommit extends fc.Arbitrary<infer T> ? T : never;

function make({ kind, how, what }: BentCommit): string {
  const signer = referee.signerOf(kind);
  if (what === 'made') return signed(signer, { bend: (made) => bent(made, how) });
  if (what === 'key') return signed(signer, { blob: bent(signer.blob, how) });
  const payload = unsigned();
  if (what === 'signature')
    return withSignature(payload, armour(bent(signatureOf(signer, Buffer.from(payload)), how)));
  const whole = signed(signer);
  // Without a tree it is no commit at all, of which git says nothing.
  const rest = whole.indexOf('\n') + 1;
  return whole.slice(0, rest) + bent(Buffer.from(whole.slice(rest), 'latin1'), how).toString('latin1');
}

/** Commits that one git judges in one go. */
const MANY = 20;

it('given signed commits that are bent by chance, when they are judged, then what is said of each is what git says', async () => {
  const lines = SSH_KINDS.map((kind) => `ada ${referee.signerOf(kind).line}\n`).join('');
  await fc.assert(
    fc.asyncProperty(fc.array(bentCommit, { minLength: MANY, maxLength: MANY }), async (cases) => {
      const commits = cases.map(make);
      const { git, here } = await referee.judged(commits, lines);
      for (const [index, one] of here.entries())
        expect(one, JSON.stringify(commits[index])).toEqual(git[index]);
    }),
    { numRuns: runs(20) },
  );
});

it('given files of signers that are bent by chance, when commits are judged by them, then what is said of each is what git says', async () => {
  const signer = ed25519Signer();
  const commits = [seconds('2025-06-01T00:00:00Z'), AT].map((at) => signed(signer, {}, unsigned(at)));
  const first = `# keys\n"ada b",!eve namespaces="git,x" ${signer.line} ada`;
  const second = `bob,*c valid-after="20250101",valid-before="20251231Z" ${signer.line}`;
  await fc.assert(
    fc.asyncProperty(bends, async (how) => {
      const file = bent(Buffer.from(`${first}\n${second}\n`), how).toString('latin1');
      const { git, here } = await referee.judged(commits, file);
      expect(here, JSON.stringify(file)).toEqual(git);
    }),
    { numRuns: runs(100) },
  );
});
