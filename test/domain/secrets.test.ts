import { describe, expect, test } from 'vitest';
import { findSecret, maskSecrets } from '../../src/domain/secrets.ts';

/** Text of the form of a key, and nobody's: put together here, so that no file has one. */
const of = (length: number, signs = 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz'): string =>
  Array.from({ length }, (_, at) => signs[(at * 7 + 3) % signs.length]).join('');
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HEX = '0123456789abcdef';

const SECRETS: readonly (readonly [string, string])[] = [
  ['a private key', `-----BEGIN OPENSSH PRIVATE ${'KEY'}-----`],
  ['a private key', `-----BEGIN PGP PRIVATE ${'KEY'} BLOCK-----`],
  ['a key of AWS', `AKIA${of(16, CAPITALS)}`],
  ['a key of AWS', `aws_secret_access_key = ${of(40)}`],
  ['a token of GitHub', `ghp_${of(36)}`],
  ['a token of GitHub', `github_pat_${of(22)}_${of(59)}`],
  ['a token of GitLab', `glpat-${of(20)}`],
  ['a token of Slack', `xoxb-123456789012-${of(24)}`],
  ['a token of Slack', `https://hooks.slack.com/services/T0AAA/B0BBB/${of(24)}`],
  ['a token of npm', `npm_${of(36)}`],
  ['a token of PyPI', `pypi-AgEIcHlwaS5vcmc${of(60)}`],
  ['a key of Stripe', `sk_live_${of(24)}`],
  ['a key of OpenAI', `sk-proj-${of(60)}`],
  ['a key of Anthropic', `sk-ant-api03-${of(80)}`],
  ['a key of Google', `AIza${of(35)}`],
  ['a token of Hugging Face', `hf_${of(34, 'aBdEfGhJkLmNpQrStUvWxYz')}`],
  ['a key of SendGrid', `SG.${of(22)}.${of(43)}`],
  ['a token of DigitalOcean', `dop_v1_${of(64, HEX)}`],
  ['a token of Docker', `dckr_pat_${of(27)}`],
  ['a token of Shopify', `shpat_${of(32, HEX)}`],
  ['a token of Databricks', `dapi${of(32, HEX)}`],
  ['a token of Telegram', `123456789:AA${of(33)}`],
  ['a key of Azure', `AccountKey=${of(86)}==`],
  ['a signed token (JWT)', `eyJ${of(17)}.eyJ${of(30)}.${of(43)}`],
  ['a password in an address', 'https://ada:hunter2@example.com/x.git'],
  ['a password in an address', 'postgres://ada:s3cr3tword@db.internal/x'],
];

describe('given a text with the form of a key or token', () => {
  test.each(SECRETS)('when it is %s, then it is found and can be taken out', (what, secret) => {
    expect(findSecret(`see ${secret} there`)).toBe(what);
    expect(findSecret(`x\n${secret}`)).toBe(what);
    expect(maskSecrets(`see ${secret} there`)).toBe(`see [${what}] there`);
  });
});

test.each([
  'Fix the login page',
  '1b2c3d4e5f60718293a4b5c6d7e8f90123456789',
  '019b8361-6880-7a52-9d0c-0f7e4f8e2b11',
  'WRK-20260103-0001',
  'https://example.com/a/very/long/path/with-many-words_and_more?x=1',
  'git@github.com:ada/work.git',
  'https://user:password@example.com/x',
  'https://$USER:$TOKEN@example.com/x',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE4Ym1n8Qz4o2b7e3',
  'sha512-3q2+7w==',
  'the token ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx of the page',
  'AKIAIOSFODNN7EXAMPLE',
  'sk-learn-contrib-and-other-packages',
  'meet at 10:30: see https://a.example:8080/x@y',
])('given the text %s, when it is looked at, then it has none', (text) => {
  expect(findSecret(text)).toBeUndefined();
  expect(maskSecrets(text)).toBe(text);
});

test('given a long text of what begins many forms, when it grows fourfold, then no form takes more steps than its length tells', () => {
  const begun = [
    '-----BEGIN ',
    'aws secret ',
    'eyJaaaaaaaaaaaaa.',
    'a://b:',
    'AKIA',
    'sk-',
    'xoxb-',
    '12345678:AA',
  ];
  for (const part of begun) {
    for (const text of [part.repeat(20_000), part + 'a'.repeat(200_000)])
      expect(findSecret(text)).toBeUndefined();
  }
});
