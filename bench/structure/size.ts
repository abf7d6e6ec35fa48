import { median } from '../statistics.ts';
import type { Source } from './sources.ts';

/** How large files are. */
export interface Size {
  files: number;
  lines: number;
  median: number;
}

/** Above this a file says in its first line why it is one. */
const LONG = 300;

export const sizeOf = (sources: readonly Source[]): Size => ({
  files: sources.length,
  lines: sources.reduce((sum, { lines }) => sum + lines, 0),
  median: median(sources.map(({ lines }) => lines)),
});

/** Size by layer, the largest first. */
export function sizeByLayer(sources: readonly Source[]): [layer: string, size: Size][] {
  const layers = Map.groupBy(sources, ({ layer }) => layer);
  return [...layers]
    .map(([layer, files]): [string, Size] => [layer, sizeOf(files)])
    .sort(([, a], [, b]) => b.lines - a.lines);
}

/** Files over 300 lines; `reason` is their first line, where that is a comment. */
export const longFiles = (sources: readonly Source[]): { path: string; lines: number; reason?: string }[] =>
  sources
    .filter(({ lines }) => lines > LONG)
    .map(({ path, lines, text }) => {
      const [first = ''] = text.split('\n', 1);
      return { path, lines, ...(first.startsWith('//') ? { reason: first } : {}) };
    });
