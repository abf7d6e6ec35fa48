/** Whatever was thrown, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(String(thrown ?? 'it failed without a word'), { cause: thrown });
