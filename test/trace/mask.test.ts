import { expect, it } from 'vitest';
import { GIT_SETTINGS, SETTING_ARGS } from '../../src/git/process/run.ts';
import { maskArgs, maskUrls } from '../../src/trace/mask.ts';
import { readAll } from '../helpers/hostile-texts.ts';

it.each([
  ['https://ada:s3cret@example.com/a.git', 'https://***@example.com/a.git'],
  ['https://s3cret@example.com/a.git', 'https://***@example.com/a.git'],
  ['https://ada:s3c@ret@example.com/a.git', 'https://***@example.com/a.git'],
  ['https://ada:s3/c?r#et@example.com/a.git', 'https://***@example.com/a.git'],
  ['https://example.com/a.git?token=s3cret', 'https://example.com/a.git?***'],
  ["fatal: unable to access 'https://a:s3cret@b/': gone", "fatal: unable to access 'https://***@b/': gone"],
  ['+ssh://git:s3cret@a/b:refs/x https://u:s3cret@c', '+ssh://***@a/b:refs/x https://***@c'],
  ['https://a/x?at=https://u:s3cret@b', 'https://a/x?***://***@b'],
  ['https://example.com/a@b/c.git', 'https://example.com/a@b/c.git'],
  ['no address, a@b', 'no address, a@b'],
])('given %s, when it is masked, then nobody reads a user or a password in it', (text, masked) => {
  expect(maskUrls(text)).toBe(masked);
});

it.each([
  ['http.extraHeader=Authorization: Basic s3cret', 'http.extraHeader=***'],
  ['http.https://u:s3cret@a/.extraheader=X: s3cret', 'http.https://***@a/.extraheader=***'],
  ['url.https://s3cret@a/.insteadOf=b:', 'url.https://***@a/.insteadOf=***'],
  ['core.sshCommand=sshpass -p s3cret ssh', 'core.sshCommand=***'],
  ['core.hooksPath=/dev/null', 'core.hooksPath=/dev/null'],
  ['core.fsmonitor=/home/ada/s3cret', 'core.fsmonitor=***'],
  ['remote.origin.mirror=false', 'remote.origin.mirror=false'],
])(
  'given the setting %s, when arguments are masked, then only values of our own are shown',
  (setting, masked) => {
    expect(maskArgs(['-c', setting, 'fetch', 'origin'], GIT_SETTINGS)).toEqual([
      '-c',
      masked,
      'fetch',
      'origin',
    ]);
  },
);

it('given the settings that every call of git has, when its arguments are masked, then all of them are shown', () => {
  expect(SETTING_ARGS.length).toBeGreaterThan(0);
  expect(maskArgs(SETTING_ARGS, GIT_SETTINGS)).toEqual(SETTING_ARGS);
});

/** What is linear takes a few milliseconds, and what takes the square of its length a minute. */
const AT_MOST_MS = 2_000;

it('given long text made to be slow to read, when it is masked, then time grows with its length alone', () => {
  const shapes = ['://', '://a@', 'a:b@', '?', "'://x?", '/@'];
  const slow = shapes.filter((shape) => {
    const text = shape.repeat(200_000);
    const start = performance.now();
    maskUrls(text);
    return performance.now() - start > AT_MOST_MS;
  });
  expect(slow).toEqual([]);
  expect(readAll(maskUrls, 50_000, AT_MOST_MS).slow).toEqual([]);
}, 60_000);
