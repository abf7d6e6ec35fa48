import type { CachedConfig } from './config-cache.ts';

/** Whether a value is what this version writes. By hand: a library for it would cost what the cache saves. */
export function isCachedConfig(value: unknown): value is CachedConfig {
  return (
    isRecord(value) &&
    value.version === 1 &&
    isText(value.git_dir) &&
    isListOf(value.environment, isPairOf(isText)) &&
    isListOf(
      value.files,
      isPairOf((stamp) => stamp === null || isText(stamp)),
    ) &&
    isRecord(value.config) &&
    isListOf(value.config.remotes, isPairOf(isText)) &&
    isListOf(value.config.pushes, isPairOf(isText)) &&
    isListOf(value.config.settings, isPairOf(isText)) &&
    isUser(value.config.user) &&
    isTraits(value.config.traits)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, test: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test);
const isPairOf =
  (second: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && isText(value[0]) && second(value[1]);
const isUser = (value: unknown): boolean =>
  isRecord(value) && [value.name, value.email].every((part) => part === undefined || isText(part));
const isTraits = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.fileRefs === 'boolean' &&
  typeof value.groupShared === 'boolean' &&
  isText(value.reflogs) &&
  ['all', 'branches', 'existing'].includes(value.reflogs) &&
  Number.isSafeInteger(value.looseLimit) &&
  Number.isSafeInteger(value.packLimit);
