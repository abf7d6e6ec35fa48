/**
 * Gathers what comes within `ms` of the first, so that what costs much is done once for all of it. What came before an error is
 * given before the error is thrown.
 */
export async function* batches<T>(
  source: AsyncIterable<T>,
  ms: number,
): AsyncGenerator<T[], void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const first = await next;
      if (first.done) return;
      const batch = [first.value];
      const window = startWindow(ms);
      for (;;) {
        next = iterator.next();
        const arrived = await Promise.race([next.catch(() => undefined), window.over]);
        if (arrived === undefined || arrived.done) break;
        batch.push(arrived.value);
      }
      window.close();
      yield batch;
    }
  } finally {
    await iterator.return?.();
  }
}

function startWindow(ms: number): { over: Promise<undefined>; close(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return { over: promise, close: () => clearTimeout(timer) };
}
