/**
 * A queue with several producers and one consumer, which receives the items in order. It ends once, with or without an
 * error, after the consumer has taken all items.
 */
interface Channel<T> extends AsyncIterable<T> {
  put(item: T): void;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

export function channel<T>(): Channel<T> {
  let items: T[] = [];
  let ended: { readonly error?: unknown; readonly isFailed: boolean } | undefined;
  let news = Promise.withResolvers<void>();
  const stir = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  return {
    put(item) {
      items.push(item);
      stir();
    },
    end() {
      ended ??= { isFailed: false };
      stir();
    },
    fail(error) {
      ended ??= { error, isFailed: true };
      stir();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const waits = news.promise;
        const batch = items;
        items = [];
        yield* batch;
        if (items.length > 0) continue;
        if (ended?.isFailed) throw ended.error;
        if (ended) return;
        await waits;
      }
    },
  };
}
