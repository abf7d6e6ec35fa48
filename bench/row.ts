/** One measured thing: a line of a table. Names of figures carry their unit. */
export interface Row {
  /** Title of the table that it belongs to. */
  table: string;
  what: string;
  figures: Readonly<Record<string, number>>;
  /** Absent where nothing was promised. */
  target?: Target | undefined;
  /** What a reader must know of this line, such as why it was not measured. */
  note?: string | undefined;
}

export interface Target {
  words: string;
  met: boolean;
}

/** A suite measures one kind of thing; `main.ts` has the table of suites. */
export interface Suite<Options> {
  name: string;
  run(options: Options): Promise<Row[]>;
}

export function atMost(value: number, limit: number, unit: string): Target {
  return { words: `≤ ${limit.toLocaleString('en')} ${unit}`, met: value <= limit };
}

export function atLeast(value: number, limit: number, unit: string): Target {
  return { words: `≥ ${limit.toLocaleString('en')} ${unit}`, met: value >= limit };
}

export const count = (n: number): string => n.toLocaleString('en');
