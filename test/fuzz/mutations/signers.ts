import { anyDraft, anyOf, type Mutation } from './bent.ts';

/** What is bent of who signs. */
export const SIGNERS: Readonly<Record<string, Mutation>> = {
  'no signature': (bent, chance) => {
    anyDraft(bent, chance).signer = undefined;
  },
  'another’s signature': (bent, chance) => {
    anyDraft(bent, chance).signer = anyOf(chance, ['ada', 'bob', 'cy', 'lea', 'mallory']);
  },
  'a signature of something else': (bent, chance) => {
    anyDraft(bent, chance).twists.push((commit) => commit.replace(/ \+0000\n/, ' +0100\n'));
  },
  'a signature twice': (bent, chance) => {
    anyDraft(bent, chance).twists.push((commit) => commit.replace(/\ngpgsig .*/, '$&$&'));
  },
};
