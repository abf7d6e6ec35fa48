import type { Line } from './render/line.ts';

/** What a command has to say: rendered as text, as one JSON envelope, or as bare ids. */
export interface Reply {
  /** Names the shape of `data`. */
  kind: string;
  /** `undefined` where nothing came of it: then nothing goes to standard output. */
  data: unknown;
  lines: readonly Line[];
  /** All that `--quiet` shows; without it `--quiet` changes nothing. */
  ids?: readonly string[];
  /** Where a write is. `undefined` for a read, and where there is no remote that it could be on. */
  where?: 'remote' | 'local' | undefined;
  /** The exit status where nothing went wrong in the call itself; 0 where none is given. */
  status?: number;
  /** What went wrong beside it, each reported on its own; the first decides the exit status. */
  failures?: readonly unknown[];
}
