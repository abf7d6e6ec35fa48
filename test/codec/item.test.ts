import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { decodeItem, encodeItem, guessInParts, isWrittenAs } from '../../src/codec/item.ts';
import { stateOf } from '../../src/codec/path.ts';
import { isLedgerError } from '../../src/domain/errors.ts';
import { compareText, type WorkItem } from '../../src/domain/item.ts';
import { unknownKeys } from '../../src/domain/item-keys.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { workItem } from '../helpers/arbitraries.ts';
import { refusal } from '../helpers/fake-view.ts';
import { runs } from '../helpers/runs.ts';

const FULL: WorkItem = workItemSchema().parse({
  // Out of order on purpose: the file's order is the format's, not the caller's.
  zz_later: { kept: true },
  estimate: 3,
  status: 'blocked',
  schema: 1,
  id: 'WRK-20260103-0001',
  rev: 7,
  last_op: '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11',
  title: 'Implement user authentication',
  type: 'feature',
  priority: 'high',
  owner: 'swarm_dev/implementer',
  labels: ['auth', 'no', 'über'],
  description: 'As a user\nI want to log in.\n\n  - with a passkey\n',
  acceptance: [
    { text: 'A wrong password is refused', done: true },
    { text: '2026-01-03', done: false },
  ],
  context: {
    files: ['src/auth.ts', 'on', ''],
    'odd key': { zeta: null, alpha: [[1, [2.5]], { nested: [] }, {}] },
    empty: '',
    __proto__: 1,
  },
  parent_id: 'WRK-20260103-0000',
  dependencies: ['WRK-20260102-0007', 'WRK-20260103-k3m9x2ab'],
  links: [{ kind: 'commit', target: 'https://example.org/c/1#top' }],
  swarm_name: 'dev',
  job_id: '42',
  execution_id: 'exec-def456',
  created_at: '2026-01-03T10:00:00.000Z',
  created_by: 'planner',
  updated_at: '2026-01-03T12:00:00.000Z',
  started_at: '2026-01-03T11:00:00.000Z',
  completed_at: '2026-01-03T12:30:00.000Z',
  not_before: '2026-01-04T00:00:00.000Z',
  claim: { epoch: 2, execution_id: 'exec-def456', claimed_at: '2026-01-03T11:00:00.000Z', ttl_s: 3600 },
  attempts: 2,
  max_attempts: 5,
  checkpoint: {
    at: '2026-01-03T11:30:00.000Z',
    attempt: 2,
    step: 'tests',
    summary: 'Half of it\nstands.',
    next_action: 'yes',
    work_ref: 'feature/auth@1a2b3c',
    artifacts: ['out/report.json'],
    effects: ['sent: 1 mail'],
    data: { seen: [] },
  },
  block: {
    reason: 'waits for keys',
    blocker_id: 'WRK-20260103-0002',
    since: '2026-01-03T12:00:00.000Z',
    from: 'in_progress',
  },
  review: {
    requested_at: '2026-01-03T11:40:00.000Z',
    requested_by: 'swarm_dev/implementer',
    verdict: 'rejected',
    by: 'eve',
    at: '2026-01-03T11:50:00.000Z',
    note: 'not yet',
  },
  result: { ok: false },
  error: '\u001b[31mred',
  comments: [{ at: '2026-01-03T11:55:00.000Z', by: 'eve', body: '  look\nhere' }],
  idempotency_key: 'import:1',
});

const FULL_YAML = `schema: 1
id: WRK-20260103-0001
rev: 7
last_op: "019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11"
title: Implement user authentication
type: feature
priority: high
status: blocked
owner: swarm_dev/implementer
labels:
  - auth
  - "no"
  - "über"
description: |
  As a user
  I want to log in.

    - with a passkey
acceptance:
  - text: A wrong password is refused
    done: true
  - text: "2026-01-03"
    done: false
context:
  files:
    - src/auth.ts
    - "on"
    - ""
  "odd key":
    zeta: null
    alpha:
      - - 1
        - - 2.5
      - nested: []
      - {}
  empty: ""
parent_id: WRK-20260103-0000
dependencies:
  - WRK-20260102-0007
  - WRK-20260103-k3m9x2ab
links:
  - kind: commit
    target: "https://example.org/c/1#top"
swarm_name: dev
job_id: "42"
execution_id: exec-def456
created_at: "2026-01-03T10:00:00.000Z"
created_by: planner
updated_at: "2026-01-03T12:00:00.000Z"
started_at: "2026-01-03T11:00:00.000Z"
completed_at: "2026-01-03T12:30:00.000Z"
not_before: "2026-01-04T00:00:00.000Z"
claim:
  epoch: 2
  execution_id: exec-def456
  claimed_at: "2026-01-03T11:00:00.000Z"
  ttl_s: 3600
attempts: 2
max_attempts: 5
checkpoint:
  at: "2026-01-03T11:30:00.000Z"
  attempt: 2
  step: tests
  summary: |-
    Half of it
    stands.
  next_action: "yes"
  work_ref: feature/auth@1a2b3c
  artifacts:
    - out/report.json
  effects:
    - "sent: 1 mail"
  data:
    seen: []
block:
  reason: waits for keys
  blocker_id: WRK-20260103-0002
  since: "2026-01-03T12:00:00.000Z"
  from: in_progress
review:
  requested_at: "2026-01-03T11:40:00.000Z"
  requested_by: swarm_dev/implementer
  verdict: rejected
  by: eve
  at: "2026-01-03T11:50:00.000Z"
  note: not yet
result:
  ok: false
error: "\\u001b[31mred"
comments:
  - at: "2026-01-03T11:55:00.000Z"
    by: eve
    body: |2-
        look
      here
idempotency_key: "import:1"
estimate: 3
zz_later:
  kept: true
`;

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * All that an item says, in one text: keys at the top sorted, nested ones in the item's own order. What a file leaves out
 * (empty values at the top) is left out, and negative zero is zero, as it is in JSON.
 */
function content(item: WorkItem): string {
  const entries = Object.entries(workItemSchema().parse(item)).filter(([, value]) => !isEmpty(value));
  return JSON.stringify(
    entries.sort(([a], [b]) => compareText(a, b)),
    undefined,
    1,
  );
}

function reread(item: WorkItem): WorkItem {
  const read = decodeItem(encodeItem(item), item.id, stateOf(item.status));
  if (read.kind === 'damaged') throw new Error(JSON.stringify(read.problem));
  return read.item;
}

describe('writing an item', () => {
  test('given an item with every field, when it is written, then the bytes are the ones the format tells', () => {
    expect(encodeItem(FULL).toString()).toBe(FULL_YAML);
  });

  test('given an item with no more than it needs, when it is written, then nothing empty is', () => {
    const item = workItemSchema().parse({
      schema: 1,
      id: 'WRK-20260103-0002',
      rev: 1,
      last_op: '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11',
      title: 'true',
      type: 'task',
      priority: 'medium',
      status: 'pending',
      created_at: '2026-01-03T10:00:00.000Z',
      created_by: 'ada',
      updated_at: '2026-01-03T10:00:00.000Z',
      error: '',
      result: {},
      later: null,
    });
    expect(encodeItem(item).toString()).toBe(`schema: 1
id: WRK-20260103-0002
rev: 1
last_op: "019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11"
title: "true"
type: task
priority: medium
status: pending
created_at: "2026-01-03T10:00:00.000Z"
created_by: ada
updated_at: "2026-01-03T10:00:00.000Z"
attempts: 0
`);
  });

  test('given unknown keys named like numbers or methods, when written, then they stand after the known ones, sorted', () => {
    const item = { ...FULL, constructor: 'c', '7': 'seven', toString: 't' };
    const keys = encodeItem(item)
      .toString()
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .map((line) => line.slice(0, line.indexOf(':')));
    expect(keys.slice(0, 2)).toEqual(['schema', 'id']);
    expect(keys.slice(-6)).toEqual([
      'idempotency_key',
      '"7"',
      'constructor',
      'estimate',
      'toString',
      'zz_later',
    ]);
  });

  test('given an item that grew larger than a file may be, when it is written, then it is refused', () => {
    const comments = Array.from({ length: 40 }, () => ({
      at: '2026-01-03T11:55:00.000Z',
      by: 'eve',
      body: 'x'.repeat(64 * 1024),
    }));
    expect(refusal(() => encodeItem({ ...FULL, comments }))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('given a number that is none in an unknown key, when rewritten, then it is still that number', () => {
    const text = `${FULL_YAML}odd:\n  - .nan\n  - .inf\n  - -.inf\n`;
    const read = decodeItem(Buffer.from(text), FULL.id, 'active');
    expect(read.kind === 'item' && encodeItem(read.item).toString()).toContain(
      'odd:\n  - .nan\n  - .inf\n  - -.inf\n',
    );
  });
});

describe('round trip', () => {
  test('given any item, when it is written and read, then it is the same item, and is written the same again', () => {
    fc.assert(
      fc.property(workItem(), (item) => {
        const bytes = encodeItem(item);
        const again = reread(item);
        expect(content(again)).toBe(content(item));
        expect(encodeItem(again).equals(bytes)).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });

  test('given any item, when a reader of YAML 1.1 reads its file, then text is text and dates are text', () => {
    fc.assert(
      fc.property(workItem(), (item) => {
        const yaml = encodeItem(item).toString();
        const old = texts(parse(yaml, { version: '1.1', logLevel: 'silent' }));
        expect(old).toEqual(texts(parse(yaml, { version: '1.2', logLevel: 'silent' })));
        expect(old).toEqual(texts(reread(item)));
      }),
      { numRuns: runs(100) },
    );
  });

  test('given a nested map of the user, when written and read, then its keys keep their order', () => {
    const context = { zeta: 1, alpha: { z: 1, a: 2, M: 3 }, Mid: [{ b: 1, a: 2 }] };
    expect(JSON.stringify(reread({ ...FULL, context }).context)).toBe(JSON.stringify(context));
  });

  test('given a nested key `__proto__`, when written and read, then it is a key like any other', () => {
    const context = JSON.parse('{"__proto__":{"polluted":true},"list":[{"__proto__":"x"}]}');
    const again = reread({ ...FULL, context }).context;
    expect(JSON.stringify(again)).toBe(JSON.stringify(context));
    expect('polluted' in {}).toBe(false);
  });

  test('given a key longer than a simple key may be, when written and read, then it is there', () => {
    const context = { ['k'.repeat(3000)]: 1, list: [{ ['é'.repeat(1200)]: { deep: true }, b: 2 }] };
    expect(reread({ ...FULL, context }).context).toEqual(context);
  });
});

/** Every string with the path where it stands; other values by their kind. */
function texts(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return [`${path} = ${value}`];
  if (value instanceof Date) return [`${path} is a date`];
  if (Array.isArray(value)) return value.flatMap((entry, index) => texts(entry, `${path}/${index}`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .flatMap(([key, entry]) => [`${path} has ${key}`, ...texts(entry, `${path}/${key}`)])
    .filter(
      (entry) => !/ has (?:labels|acceptance|description|context|dependencies|links|comments)$/.test(entry),
    )
    .filter((entry) => !/^\/description = $/.test(entry))
    .sort();
}

describe('reading an item', () => {
  const read = (text: string | Uint8Array) => decodeItem(Buffer.from(text), FULL.id, 'active');
  const problem = (text: string | Uint8Array) => {
    const decoded = read(text);
    return decoded.kind === 'damaged' ? decoded.problem : undefined;
  };

  test('given a file in another order, with comments and quotes, when read, then it is the same item', () => {
    const shuffled = `# by hand\n${FULL_YAML.replace('type: feature\n', '').replace('status: blocked', "'status': 'blocked' # !")}type: feature\n`;
    const decoded = read(shuffled);
    expect(decoded.kind === 'item' && encodeItem(decoded.item).toString()).toBe(FULL_YAML);
  });

  test('given a file with dates that are not quoted, when read, then they are text', () => {
    const decoded = read(FULL_YAML.replace(/created_at: "(.*)"/, 'created_at: $1'));
    expect(decoded.kind === 'item' && encodeItem(decoded.item).toString()).toBe(FULL_YAML);
  });

  test('given unknown keys, when read and written, then they are kept', () => {
    const decoded = read(`${FULL_YAML}future: [1, {a: b}]\n`);
    expect(decoded.kind === 'item' && unknownKeys(decoded.item).future).toEqual([1, { a: 'b' }]);
  });

  const replaced = (before: string, after: string): string => FULL_YAML.replace(before, after);
  test.each([
    ['conflict', '<<<<<<<', `${FULL_YAML}<<<<<<< ours\n=======\n>>>>>>> theirs\n`],
    ['conflict', '|||||||', replaced('rev: 7\n', '||||||| base\nrev: 7\n')],
    ['crlf', 'schema', FULL_YAML.replaceAll('\n', '\r\n')],
    ['crlf', 'rev', replaced('rev: 7\n', 'rev: 7\r\n')],
    ['bom', 'schema', `\ufeff${FULL_YAML}`],
    ['yaml', 'last_op', replaced('rev: 7', 'rev: [7')],
    ['yaml', 'rev: 8', replaced('rev: 7', 'rev: 7\nrev: 8')],
    ['yaml', 'ttl_s: 3600', replaced('  ttl_s', '  "ttl_s": 1\n  # again:\n  ttl_s')],
    ['yaml', '"1"', `${FULL_YAML}1: a\n"1": b\n`],
    ['yaml', '? [a]', `${FULL_YAML}? [a]\n: b\n`],
    ['yaml', '- a', '- a\n- b\n'],
    ['yaml', 'just text', 'just text\n'],
    ['yaml', '', ''],
    ['yaml', '---', `${FULL_YAML}---\nsecond: document\n`],
    ['yaml', '!!timestamp', `${FULL_YAML}when: !!timestamp 2026-01-03\n`],
    ['yaml', '!!binary', `${FULL_YAML}bytes: !!binary aGVsbG8=\n`],
    ['yaml', '!ours', `${FULL_YAML}thing: !ours x\n`],
    ['alias', '*a', replaced('id: W', 'base: &a x\nother: *a\nid: W')],
    ['schema', 'status:', replaced('status: blocked', 'status: stuck')],
    ['schema', 'schema:', replaced('schema: 1', 'schema: 2')],
    ['schema', 'rev:', replaced('rev: 7', 'rev: 0')],
    ['schema', 'rev:', replaced('rev: 7', 'rev: "7"')],
    ['schema', 'epoch:', replaced('epoch: 2', 'epoch: two')],
    ['schema', 'title:', replaced('title: I', 'title: "\\u202e"\nx: I')],
    ['schema', 'created_at:', replaced('created_at: "2026', 'created_at: "26')],
    ['schema', 'context:', replaced('empty: ""', 'empty: .nan')],
    ['schema', '__proto__', `${FULL_YAML}__proto__: 1\n`],
    ['id', 'id:', replaced('id: WRK-20260103-0001', 'id: WRK-20260103-0009')],
    ['status', 'status:', replaced('status: blocked', 'status: completed')],
  ])(
    'given a file damaged by rule `%s` at %j, when read, then rule and line are told',
    (rule, marker, text) => {
      const found = problem(text);
      expect(found).toMatchObject({ rule, message: expect.any(String) });
      const line = text.split('\n')[(found?.line ?? 0) - 1];
      // A map as a value begins on the line after its key.
      const before = text.split('\n')[(found?.line ?? 0) - 2];
      expect(`${marker === 'context:' ? before : line}`).toContain(marker);
    },
  );

  test('given bad YAML, when read, then the column is told as well', () => {
    expect(problem('schema: 1\nid: "x\n')).toMatchObject({
      rule: 'yaml',
      line: 3,
      column: expect.any(Number),
    });
    expect(problem('schema: 1\n\tid: x\n')).toMatchObject({ rule: 'yaml', line: 2, column: 1 });
  });

  test('given bytes that are not UTF-8, when read, then that is told', () => {
    const bytes = Buffer.concat([Buffer.from(FULL_YAML), Buffer.from([0xc3, 0x28])]);
    expect(problem(bytes)).toMatchObject({ rule: 'encoding' });
  });

  test('given a file larger than one may be, when read, then it is not parsed', () => {
    expect(problem(Buffer.alloc(2 * 1024 * 1024 + 1, 0x61))).toMatchObject({ rule: 'size' });
  });

  test('given a bomb of aliases, when read, then it is refused before it goes off', () => {
    const levels = Array.from({ length: 30 }, (_, n) => `l${n + 1}: &l${n + 1} [*l${n}, *l${n}]`);
    expect(problem(`l0: &l0 [x, x]\n${levels.join('\n')}\n`)).toMatchObject({ rule: 'alias', line: 2 });
  });

  test.each(['[', '{a: ', '- ', '? '])(
    'given %j a thousand times, when read, then it is a problem, not a crash',
    (open) => {
      expect(problem(`schema: 1\nx:\n  ${open.repeat(1000)}`)).toMatchObject({ rule: 'yaml' });
      expect(problem(`schema: 1\nx: ${'['.repeat(1000)}${']'.repeat(1000)}`)).toMatchObject({ rule: 'yaml' });
    },
  );

  test('given a problem that quotes the file, when told, then no control character is in it', () => {
    const texts = [
      '%\u001b[2J\n',
      'a: !<\u001b[2J> x\n',
      'a: "\\\u001b"\n',
      'a: b\n \u001b: c\n',
      'status: "\u202e"\n',
    ];
    for (const text of texts) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(problem(text)?.message).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
  });

  test('given a directive for YAML 1.1, when read, then its dates and booleans are still text', () => {
    const decoded = read(`%YAML 1.1\n---\n${FULL_YAML}later: [2026-01-03, yes]\n`);
    expect(decoded.kind === 'item' && unknownKeys(decoded.item).later).toEqual(['2026-01-03', 'yes']);
  });

  test('given any bytes, when read, then the answer is an item or a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(FULL_YAML.length), (noise, where) => {
        const bytes = Buffer.concat([
          Buffer.from(FULL_YAML.slice(0, where)),
          noise,
          Buffer.from(FULL_YAML.slice(where)),
        ]);
        expect(['item', 'damaged']).toContain(read(bytes).kind);
      }),
      { numRuns: runs(200) },
    );
  });
});

test('given a refusal, when asked, then its kind is known', () => {
  expect(isLedgerError(refusal(() => encodeItem({ ...FULL, title: 'x'.repeat(3_000_000) })))).toBe(true);
});

describe('given files of one item, one after the other', () => {
  const id = 'WRK-20260103-0001';
  const lives = fc.array(workItem({ id }), { minLength: 1, maxLength: 4 });
  /** Each has most of the one before it. */
  const changed = (all: readonly WorkItem[]): WorkItem[] =>
    all.map((item, at) => ({ ...item, ...(at % 2 === 1 ? { title: all[at - 1]?.title ?? '' } : {}) }));

  test('when each is read by what is known of the one before it, then it gives the same item as when it is read by itself', () => {
    fc.assert(
      fc.property(lives, (items) => {
        let before: ReturnType<typeof guessInParts>;
        for (const item of changed(items)) {
          const bytes = encodeItem(item);
          const whole = decodeItem(bytes, item.id, stateOf(item.status));
          const inParts = guessInParts(bytes, before);
          if (inParts === undefined) continue;
          expect({ kind: 'item', item: inParts.item }).toEqual(whole);
          expect(isWrittenAs(inParts.item, inParts)).toBe(true);
          before = inParts;
        }
      }),
      { numRuns: runs(100) },
    );
  });

  test('when one is written in other bytes, or is of another item, then it is told from what writing the item gives', () => {
    fc.assert(
      fc.property(
        workItem({ id }),
        fc.nat(),
        fc.constantFrom(' ', '\n', 'a', '#', '"', '- '),
        (item, at, more) => {
          const text = encodeItem(item).toString();
          const place = at % (text.length + 1);
          const bent = Buffer.from(`${text.slice(0, place)}${more}${text.slice(place)}`);
          const before = guessInParts(Buffer.from(text), undefined);
          const read = guessInParts(bent, before);
          expect(read !== undefined && isWrittenAs(item, read)).toBe(false);
          if (read !== undefined)
            expect(isWrittenAs(read.item, read)).toBe(encodeItem(read.item).equals(bent));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test('when a file has a key that is no plain word, then it is left to whoever reads all of YAML', () => {
    const text = encodeItem(FULL).toString();
    for (const more of ['"odd key": 1\n', '? odd\n: 1\n', '__proto__: 1\n', 'title: twice\n'])
      expect(guessInParts(Buffer.from(`${text}${more}`), undefined)).toBeUndefined();
  });
});
