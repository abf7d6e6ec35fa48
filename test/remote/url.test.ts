import { expect, test } from 'vitest';
import { displayUrl } from '../../src/trace/mask.ts';

test.each([
  ['https://ada:secret@host.example/x.git', 'https://host.example/x.git'],
  ['https://token@host.example/x.git', 'https://host.example/x.git'],
  ['https://ada:s3c@ret@host.example/x.git', 'https://host.example/x.git'],
  ['https://ada:sec/ret@host.example/x.git', 'https://host.example/x.git'],
  [
    "fatal: unable to access 'https://ada:secret@host.example/': refused",
    "fatal: unable to access 'https://host.example/': refused",
  ],
  ['ssh://git@host.example:2222/x.git', 'ssh://host.example:2222/x.git'],
  ['git@host.example:x.git', 'git@host.example:x.git'],
  ['https://host.example/people/@ada', 'https://host.example/people/@ada'],
])('given %s, when it is shown, then nothing of its user and password is', (address, shown) => {
  expect(displayUrl(address)).toBe(shown);
});
