import { Chance } from '../../simulation/chance.ts';
import type { Corpus } from '../corpus.ts';
import { corpusOf } from '../corpus.ts';
import { copyOf, type Draft, makeCommits } from '../draft.ts';
import { anyOf } from '../mutations/bent.ts';
import { FuzzObjects } from '../objects.ts';
import { type Case, caseOf, type Plan, planOf } from '../plan.ts';
import { KEY_NAMES, type KeyName, type Keys, withSignature } from './keys.ts';

const SIGNATURE = /\ngpgsig .*(?:\n .*)*/;

/** The ledger that asks for signatures, with real ones. */
export async function realCorpus(keys: Keys): Promise<Corpus> {
  const { objects: below, drafts: bare, side, ...corpus } = await corpusOf('signed');
  const drafts = bare.map(copyOf);
  for (const { files } of drafts)
    for (const file of files) if (file.path === 'policy/allowed_signers') file.text = keys.allowed;
  const objects = new FuzzObjects(below);
  return { ...corpus, objects, drafts, side, line: makeCommits(objects, drafts, signing(keys)) };
}

/** Signs by the key that bears the signer's name; `NAME in SPACE` for another namespace. */
const signing =
  (keys: Keys) =>
  (commit: string, signer: string | undefined): string => {
    if (signer === undefined) return commit;
    const [key = '', namespace] = signer.split(' in ');
    const known = KEY_NAMES.find((one) => one === key) ?? 'mallory';
    return withSignature(commit, keys.sign(commit, known, namespace));
  };

type Bend = (draft: Draft, chance: Chance, corpus: Corpus, keys: Keys) => void;

const inArmor =
  (...bends: ((armor: string, chance: Chance) => string)[]): Bend =>
  (draft, chance) => {
    const bend = anyOf(chance, bends);
    draft.twists.push((commit) => commit.replace(SIGNATURE, (armor) => bend(armor, chance)));
  };

const letterIn = (armor: string, chance: Chance): string => {
  const at = Math.floor(armor.length * (0.3 + chance.next() * 0.5));
  const other = armor[at] === 'A' ? 'B' : 'A';
  return /[A-Za-z0-9+/]/.test(armor[at] ?? '') ? armor.slice(0, at) + other + armor.slice(at + 1) : armor;
};

/** What is bent of a real signature. */
const SIGNATURE_BENDS: Readonly<Record<string, Bend>> = {
  none: () => undefined,
  'no signature': (draft) => {
    draft.signer = undefined;
  },
  'another key': (draft, chance) => {
    draft.signer = anyOf<KeyName>(chance, KEY_NAMES);
  },
  'another key of one’s own': (draft, chance) => {
    draft.signer = anyOf<KeyName>(chance, ['old-ada', 'next-ada', 'gone-bob', 'files-ada', 'pgp-ada']);
  },
  'another namespace': (draft, chance) => {
    draft.signer = `ada in ${anyOf(chance, ['file', 'Git', 'git ', 'x'])}`;
  },
  'moved from another commit': (draft, chance, { objects, line }) => {
    const other = Buffer.from(objects.get(anyOf(chance, line))?.bytes ?? []).toString('latin1');
    const [armor = ''] = SIGNATURE.exec(other) ?? [];
    draft.twists.push((commit) => commit.replace(SIGNATURE, () => armor));
  },
  'over other bytes': (draft, chance) => {
    const [from, to] = anyOf<[RegExp, string]>(chance, [
      [/ \+0000\n/, ' +0100\n'],
      [/^committer \w+/m, 'committer x'],
      [/\n$/, '\n\n'],
      [/\n$/, ''],
      [/^parent \w+/m, `parent ${'1'.repeat(40)}`],
      [/\n\n/, '\nx y\n\n'],
      [/\n\n/, '\n\n\n'],
    ]);
    draft.twists.push((commit) => commit.replace(from, to));
  },
  'armor that was bent': inArmor(
    letterIn,
    letterIn,
    letterIn,
    (armor) => armor.replace(/-----BEGIN/, '----BEGIN'),
    (armor) => armor.replace(/\n -----END.*/, ''),
    (armor) => armor.replace(/\n .*(?=\n -----END)/, ''),
    (armor) => armor.replaceAll('\n ', '\r\n '),
    (armor) => armor.replaceAll('\n ', '\n  '),
    (armor) => armor.replace(/\n (?=\S)/, '\n \n '),
    (armor) => `${armor}\n x`,
    (armor) => armor.replace('gpgsig ', 'gpgsig x'),
    (armor) => armor.replace('gpgsig ', 'gpgsig \n '),
    (armor) => armor + armor,
    (armor) => `${armor}\n ${armor.slice(8)}`,
    (armor) => armor.replace('gpgsig', 'gpgsig-sha256'),
    (armor) => armor.replace('gpgsig', 'GpgSig'),
    (armor) => `${armor.replace('gpgsig', 'gpgsig-sha256')}${armor}`,
    (armor) => armor.replace('SSH SIGNATURE', 'PGP SIGNATURE'),
    (armor) => armor.replaceAll('SSH SIGNATURE', 'PGP MESSAGE'),
    (armor) => armor.replaceAll(/[A-Za-z0-9+/]{20}\n/g, '\n'),
    (armor) => armor.replace('\n ', `\n ${'A'.repeat(70)}\n `),
    (armor) => armor.replaceAll('=', ''),
    () => '\ngpgsig -----BEGIN SSH SIGNATURE-----\n -----END SSH SIGNATURE-----',
    () => '\ngpgsig ',
  ),
  'one of OpenPGP beside one of SSH': (draft, _chance, _corpus, keys) => {
    draft.twists.push((commit) => {
      const payload = commit.replace(SIGNATURE, '');
      return withSignature(commit, keys.sign(payload, 'pgp-mallory'));
    });
  },
};

/** A case with real signatures, some of them bent. */
export async function realCase(
  seed: number,
  corpus: Corpus,
  keys: Keys,
): Promise<{ plan: Plan; bend: string; made: Case }> {
  const whole = planOf(seed);
  const mutations = seed % 3 === 0 ? whole.mutations.slice(0, 1) : [];
  const plan: Plan = { ...whole, corpus: 'signed', mutations };
  const chance = new Chance(seed, 'real signatures');
  const bend = anyOf(chance, Object.keys(SIGNATURE_BENDS));
  const made = await caseOf(plan, {
    corpus,
    sign: signing(keys),
    bend: ({ drafts }) => {
      if (drafts.length > 0) SIGNATURE_BENDS[bend]?.(anyOf(chance, drafts), chance, corpus, keys);
    },
  });
  return { plan, bend, made };
}
