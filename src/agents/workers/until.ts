const EXPIRED = Symbol('expired');

/**
 * What `iterable` yields, until it ends. Once `signal` is aborted it has `grace_ms` to end by itself; one that does not is left
 * alone from then on.
 */
export async function* until<T>(
  iterable: AsyncIterable<T>,
  signal: AbortSignal,
  grace_ms: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = iterable[Symbol.asyncIterator]();
  const { promise: expired, resolve } = Promise.withResolvers<typeof EXPIRED>();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => resolve(EXPIRED), grace_ms);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  let ended = false;
  try {
    for (;;) {
      const next = iterator.next();
      // Where it is not waited for any more, its failure has nobody to tell.
      next.catch(() => undefined);
      const got = await Promise.race([next, expired]);
      if (got === EXPIRED) return;
      if (got.done) {
        ended = true;
        return;
      }
      yield got.value;
    }
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
    // Not waited for: what does not listen must not hold up what follows.
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}
