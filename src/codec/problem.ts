/** Why a file of the ledger cannot be read as what it should be. */
export interface Problem {
  /** Short and stable: `yaml`, `conflict`, `crlf`, `bom`, `size`, `encoding`, `alias`, `schema`, `id`, `status`, `mode`. */
  rule: string;
  message: string;
  /** 1-based; `undefined` where the whole file is meant. */
  line?: number | undefined;
  column?: number | undefined;
}

export function describeProblem({ message, line, column }: Problem): string {
  return line === undefined ? message : `line ${line}, column ${column ?? 1}: ${message}`;
}
