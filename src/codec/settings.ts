import type { SettingsPatch } from '../domain/configure.ts';
import { LedgerError } from '../domain/errors.ts';
import { describeIssue } from '../domain/schema.ts';
import { CONFIGURABLE, checkSettings, type LedgerSettings, settingsSchema } from '../domain/settings.ts';
import { emitYaml, readCanonical } from './canonical-yaml.ts';
import { SETTINGS_PATH } from './path.ts';
import { describeProblem } from './problem.ts';
import { MAX_FILE_BYTES, readYaml } from './read-yaml.ts';

export const encodeSettings = (settings: LedgerSettings): Buffer =>
  Buffer.from(emitYaml(settings as Record<string, unknown>));

/** @throws LedgerError `DAMAGED_ITEM` with line and column: without its settings a ledger cannot be used */
export function decodeSettings(bytes: Uint8Array): LedgerSettings {
  return decodeOwn(bytes) ?? decodeForeign(bytes);
}

/** The quick way, for a file that this program could have written: every byte of it. */
function decodeOwn(bytes: Uint8Array): LedgerSettings | undefined {
  const map = bytes.length > MAX_FILE_BYTES ? undefined : readCanonical(Buffer.from(bytes).toString());
  return map && Buffer.from(emitYaml(map)).equals(bytes) ? checkSettings(map) : undefined;
}

function decodeForeign(bytes: Uint8Array): LedgerSettings {
  const read = readYaml(bytes);
  if (read.kind === 'problem') throw broken(describeProblem(read.problem));
  const parsed = settingsSchema().safeParse(read.map);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = read.locate(issue?.path ?? []);
  const message = issue === undefined ? 'not valid' : describeIssue(issue);
  throw broken(describeProblem({ rule: 'schema', message, line: at?.line, column: at?.column }));
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
