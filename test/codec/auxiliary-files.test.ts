import { describe, expect, it } from 'vitest';
import {
  isKnownFile,
  MAX_AUXILIARY_BYTES,
  MAX_AUXILIARY_FILES,
  problemOfFiles,
  problemOfPath,
} from '../../src/codec/auxiliary-files.ts';

describe('given a path beside items', () => {
  it.each([
    'README.md',
    '.gitattributes',
    '.gitlab-ci.yml',
    'CODEOWNERS',
    '.github/workflows/work-ledger.yml',
    '.gitea/default_merge_message/SQUASH_TEMPLATE.md',
    '.gitlab/merge_request_templates/Default.md',
    'policy/allowed_signers',
    'templates/bug report.yaml',
  ])('when it is %s, then configure may set it', (path) => {
    expect(problemOfPath(path)).toBeUndefined();
    expect(isKnownFile(path)).toBe(true);
  });

  it.each([
    '',
    'ledger.yaml',
    'active/2026-01/x01/WRK-20260103-0001.yaml',
    'src/main.ts',
    'readme.md',
    '.GitHub/workflows/x.yml',
    '.github',
    'quarantine/x',
    'seal.yaml',
    'seal/numbers.yaml',
    '/README.md',
    './README.md',
    'templates/../ledger.yaml',
    'templates/./x',
    'templates//x',
    'templates/',
    'templates/.git/config',
    'templates/.GIT/config',
    'templates/git~1/config',
    'templates/nul.yaml',
    'templates/x.',
    'templates/x ',
    'templates/a\nb',
    'templates/a\u202eb',
    'templates/.g\u200cit/config',
    'templates/a\\b',
    `templates/${'x'.repeat(200)}`,
  ])('when it is %j, then it may not', (path) => {
    expect(problemOfPath(path)).toEqual(expect.any(String));
  });
});

describe('given files that are to be set', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ path: `templates/${index}.yaml`, text: '' }));

  it.each([
    ['as many as there may be', many(MAX_AUXILIARY_FILES)],
    ['as large as one may be', [{ path: 'README.md', text: 'x'.repeat(MAX_AUXILIARY_BYTES) }]],
    ['one that goes', [{ path: 'README.md', text: undefined }]],
  ])('when they are %s, then nothing is wrong', (_what, files) => {
    expect(problemOfFiles(files)).toBeUndefined();
  });

  it.each([
    ['too many', many(MAX_AUXILIARY_FILES + 1), 'at most 20'],
    ['too large', [{ path: 'README.md', text: 'é'.repeat(MAX_AUXILIARY_BYTES / 2 + 1) }], 'bytes'],
    ['no text', [{ path: 'README.md', text: '\ud800' }], 'not a text'],
    ['one file twice', [...many(1), ...many(1)], 'twice'],
    ['one name in two cases', [...many(1), { path: 'templates/0.YAML', text: '' }], 'beside each other'],
    ['one in the other', [...many(1), { path: 'templates/0.yaml/x', text: '' }], 'beside each other'],
  ])('when they are %s, then it is told', (_what, files, told) => {
    expect(problemOfFiles(files)).toContain(told);
  });
});
