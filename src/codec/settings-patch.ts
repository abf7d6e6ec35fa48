import type { SettingsPatch } from '../domain/configure.ts';
import { LedgerError } from '../domain/errors.ts';
import { CONFIGURABLE } from '../domain/settings.ts';
import { describeProblem } from './problem.ts';
import { readYaml } from './read-yaml.ts';

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
