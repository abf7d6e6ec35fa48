/** Where the program writes; a terminal's stream or any stand-in. */
export interface Writer {
  write(text: string): unknown;
  /** Resolves once everything is written. */
  flush?(): Promise<void>;
  isTTY?: boolean | undefined;
  /** Read it by `widthOf`: a terminal that does not know its size says 0. */
  columns?: number | undefined;
}

/** What the program needs of the process it runs in; `process` is one. */
export interface World {
  stdout: Writer;
  stderr: Writer;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean | undefined };
  env: Readonly<Record<string, string | undefined>>;
}
