import type { FieldChange, Json } from '../../index.ts';
import { indented, type Line, styled } from './line.ts';

const LONGEST = 80;

/** A value in a few words; `undefined` where it takes more than that. */
export function onLine(value: Json): string | undefined {
  if (value === null) return '-';
  if (typeof value === 'object') return undefined;
  const text = String(value);
  return text.length > LONGEST || text.includes('\n') ? undefined : text;
}

/** A field that changed: on one line where that is enough. */
export function fieldLines({ field, before, after }: FieldChange): Line[] {
  const [old, now] = [onLine(before), onLine(after)];
  if (old !== undefined && now !== undefined) return [[styled('bold', field), `: ${old} -> ${now}`]];
  return [[styled('bold', field), ':'], ...changedLines(before, after)];
}

/** What went and what came: of lists by members, else all of it. */
function changedLines(before: Json, after: Json): Line[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  return [
    ...old.filter((part) => !now.includes(part)).flatMap((part) => marked('-', part)),
    ...now.filter((part) => !old.includes(part)).flatMap((part) => marked('+', part)),
  ];
}

/** Every line begins with the mark, so that none can pass for the program's own. */
const marked = (mark: string, text: string): Line[] =>
  indented(
    text
      .split('\n')
      .map((line) => `${mark} ${line}`)
      .join('\n'),
  );

function partsOf(value: Json): string[] {
  if (value === null) return [];
  return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
