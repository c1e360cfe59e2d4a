/** All who wait for one signal share one listener on it: runtimes warn of, and walk slowly over, hundreds. */
const hubs = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `fire` once when the signal aborts; at once when it has. */
export function onAbort(signal: AbortSignal, fire: () => void): Disposable {
  if (signal.aborted) fire();
  let hub = hubs.get(signal);
  if (!hub) {
    const all = new Set<() => void>();
    hubs.set(signal, (hub = all));
    signal.addEventListener('abort', () => {
      for (const one of all) one();
      all.clear();
    }, { once: true });
  }
  hub.add(fire);
  return { [Symbol.dispose]: () => void hub.delete(fire) };
}

/** A signal of one's own that follows `parent` until disposed. */
export function following(parent: AbortSignal | undefined): Disposable & { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  const link = parent && onAbort(parent, () => controller.abort(parent.reason));
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    [Symbol.dispose]: () => link?.[Symbol.dispose](),
  };
}

/** The promise, or the signal's reason as soon as it aborts. */
export function orAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const waiting = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(() => waiting[Symbol.dispose]());
  });
}
