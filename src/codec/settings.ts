import type { SettingsPatch } from '../domain/configure.ts';
import { LedgerError } from '../domain/errors.ts';
import { KNOWN_RULES } from '../domain/policy.ts';
import { describeIssue } from '../domain/schema.ts';
import { CONFIGURABLE, checkSettings, type LedgerSettings, settingsSchema } from '../domain/settings.ts';
import { emitYaml, readCanonical } from './canonical-yaml.ts';
import { SETTINGS_PATH } from './path.ts';
import { describeProblem } from './problem.ts';
import { MAX_FILE_BYTES, readYaml } from './read-yaml.ts';

export const encodeSettings = (settings: LedgerSettings): Buffer =>
  Buffer.from(emitYaml(settings as Record<string, unknown>));

/**
 * @throws LedgerError `DAMAGED_ITEM` with line and column: without its settings a ledger cannot be used; `UNSUPPORTED_LEDGER` where they
 *   name no rules version
 */
export function decodeSettings(bytes: Uint8Array): LedgerSettings {
  return decodeOwn(bytes) ?? decodeForeign(bytes);
}

/** The quick way, for a file that this program could have written: every byte of it. */
function decodeOwn(bytes: Uint8Array): LedgerSettings | undefined {
  const map = bytes.length > MAX_FILE_BYTES ? undefined : readCanonical(Buffer.from(bytes).toString());
  if (map === undefined || isForeign(map)) return undefined;
  return Buffer.from(emitYaml(map)).equals(bytes) ? checkSettings(map) : undefined;
}

function decodeForeign(bytes: Uint8Array): LedgerSettings {
  const read = readYaml(bytes);
  if (read.kind === 'problem') throw broken(describeProblem(read.problem));
  if (read.map.ledger_id !== undefined && read.map.rules_version === undefined) throw withoutRules();
  const parsed = settingsSchema().safeParse(isForeign(read.map) ? withoutUnknown(read.map) : read.map);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = read.locate(issue?.path ?? []);
  const message = issue === undefined ? 'not valid' : describeIssue(issue);
  throw broken(describeProblem({ rule: 'schema', message, line: at?.line, column: at?.column }));
}

/** Of no rules version, or of one that is newer than what this program knows. */
const isForeign = ({ rules_version }: Record<string, unknown>): boolean =>
  !(Number(rules_version) <= KNOWN_RULES);

/**
 * The settings of a ledger under newer rules, as far as they mean something here: nothing is decided by them, and nobody writes them, so a value
 * of a form that this program does not know counts as not set.
 */
function withoutUnknown(map: Record<string, unknown>): Record<string, unknown> {
  const known = { ...map };
  for (;;) {
    const issue = settingsSchema().safeParse(known).error?.issues[0];
    // A rule for a role that nobody defined: it may be one that newer programs know.
    const keys = issue?.code === 'custom' ? ['allow', 'review'] : [String(issue?.path[0])];
    const wrong = keys.filter((key) => Object.hasOwn(known, key) && !FOR_LIFE.includes(key));
    if (wrong.length === 0 || wrong.includes('rules_version')) return known;
    for (const key of wrong) delete known[key];
  }
}

function withoutRules(): LedgerError {
  return new LedgerError(
    'UNSUPPORTED_LEDGER',
    `${SETTINGS_PATH} names no rules version: the ledger was made by a version of work-ledger before the first release.`,
    {
      hint: 'Export it with the version that made it, and import that into a new one: wl init, wl import.',
      details: { path: SETTINGS_PATH },
    },
  );
}

function broken(problem: string): LedgerError {
  return new LedgerError('DAMAGED_ITEM', `${SETTINGS_PATH} cannot be read: ${problem}.`, {
    hint: 'Restore it with a commit on the ledger branch; `wl log` shows its last good version.',
    details: { path: SETTINGS_PATH },
  });
}

const FOR_LIFE: readonly string[] = ['schema', 'ledger_id'];

/** Settings that a person wrote. What the values mean is checked when they are applied. @throws LedgerError `INVALID_INPUT` */
export function decodeSettingsPatch(bytes: Uint8Array): SettingsPatch {
  const read = readYaml(bytes);
  if (read.kind === 'problem') {
    throw new LedgerError('INVALID_INPUT', `The settings cannot be read: ${describeProblem(read.problem)}.`);
  }
  const keys = Object.keys(read.map).filter((key) => !FOR_LIFE.includes(key));
  const unknown = keys.find((key) => !(CONFIGURABLE as readonly string[]).includes(key));
  if (unknown !== undefined) {
    throw new LedgerError('INVALID_INPUT', `There is no setting ${JSON.stringify(unknown)} to change.`, {
      hint: `There are: ${CONFIGURABLE.join(', ')}`,
    });
  }
  return Object.fromEntries(keys.map((key) => [key, read.map[key]])) as SettingsPatch;
}
