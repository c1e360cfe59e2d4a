/** What a process has started, to be stopped in the opposite order. */
export class Started implements AsyncDisposable {
  readonly #things: (AsyncDisposable | Disposable)[] = [];

  /** Takes charge of it and hands it back. */
  add<T extends AsyncDisposable | Disposable>(thing: T): T {
    this.#things.push(thing);
    return thing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let thing = this.#things.pop(); thing; thing = this.#things.pop()) {
      if (Symbol.asyncDispose in thing) await thing[Symbol.asyncDispose]();
      else thing[Symbol.dispose]();
    }
  }
}
