import { expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { loadCommands } from '../../src/cli/help.ts';
import { INDEX } from '../../src/cli/program.ts';
import { MAX_AUXILIARY_FILES, problemOfFiles } from '../../src/codec/auxiliary-files.ts';
import { newWorkSchema } from '../../src/domain/item-schema.ts';
import { HOSTS } from '../../src/hosts/list.ts';
import { WORK_TYPES } from '../../src/index.ts';
import { hostFiles, itemTemplates } from '../../src/ledger/branch-files.ts';

const COMMANDS = await loadCommands(INDEX);

const laidBy = (host: (typeof HOSTS)[number]) => hostFiles(host, { branch: 'work-ledger', version: '1.2.3' });

/** Each call of `wl` in the jobs of the hosts: its words, without those that it is given. */
const calls = HOSTS.flatMap((host) =>
  laidBy(host)
    .filter(({ path }) => path.endsWith('.yml'))
    .flatMap(({ text = '' }) => [...text.matchAll(/^ *(?:- |run: )wl (.*)$/gm)].map(([, call = '']) => call)),
);

/** Commands of another change, that are not in the table yet. */
const COMING = /^review /;

it.each([...new Set(calls)].filter((call) => !COMING.test(call)))(
  'given the call wl %s, then the program has such a command with those options',
  (call) => {
    const { name, options } =
      COMMANDS.toSorted((a, b) => b.name.length - a.name.length).find((one) =>
        `${call} `.startsWith(`${one.name} `),
      ) ?? {};
    expect(name).toEqual(expect.any(String));
    const known = Object.values(options ?? {}).flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? []);
    expect(known).toEqual(expect.arrayContaining(call.match(/(?<= )--[\w-]+/g) ?? []));
  },
);

test.each(HOSTS)(
  'given the files of %s, when they are laid with the templates, then one commit may have them',
  (host) => {
    const files = [...laidBy(host), ...itemTemplates()];
    expect(problemOfFiles(files)).toBeUndefined();
    expect(files.length).toBeLessThanOrEqual(MAX_AUXILIARY_FILES);
    for (const { text = '' } of files) expect(text).toMatch(/^[^\r]*[^\s]\n$/);
  },
);

test('given the types of work, then each but the one that agents open has a template, which makes an item of it', () => {
  const types = itemTemplates().map(({ path, text }) => {
    const { type, acceptance = [], description } = newWorkSchema().parse(parse(text));
    expect(path).toBe(`templates/${type}.yaml`);
    expect(acceptance.length).toBeGreaterThan(0);
    expect(description).toMatch(/^## /);
    return type;
  });
  expect(types.toSorted()).toEqual(WORK_TYPES.filter((type) => type !== 'escalation').toSorted());
});
