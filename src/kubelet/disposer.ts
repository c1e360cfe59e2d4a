/** What was started so far, disposed in reverse order; Node 20 has no AsyncDisposableStack yet. */
export class Disposer implements AsyncDisposable {
  #ends: (() => unknown)[] = [];

  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.#ends.push(() => (Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose]()));
    return resource;
  }

  defer(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }

  /** Hands everything on: this one then disposes nothing. */
  move(): Disposer {
    const next = new Disposer();
    next.#ends = this.#ends;
    this.#ends = [];
    return next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let end = this.#ends.pop(); end; end = this.#ends.pop()) await end();
  }
}
