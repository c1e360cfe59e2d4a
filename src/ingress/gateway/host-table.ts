/** Values by host name: a name, a wildcard for one label or more (`*.example.com`), or every name (''). */
export class HostTable<T> {
  readonly #names = new Map<string, T>();
  /** By what follows the asterisk. */
  readonly #wildcards = new Map<string, T>();
  #every: T | undefined;

  entry(host: string | undefined, make: () => T): T {
    const name = host?.toLowerCase() ?? '';
    if (name === '') return (this.#every ??= make());
    const [map, key] = name.startsWith('*.') ? [this.#wildcards, name.slice(1)] : [this.#names, name];
    const value = map.get(key) ?? make();
    map.set(key, value);
    return value;
  }

  /** What covers a name in lower case, the narrowest first. `narrow`: 2 by its name, 1 by a wildcard, 0 with every other. */
  covering(name: string): readonly { readonly value: T; readonly narrow: number }[] {
    const found: { value: T; narrow: number }[] = [];
    const add = (value: T | undefined, narrow: number): void => {
      if (value !== undefined) found.push({ value, narrow });
    };
    add(this.#names.get(name), 2);
    if (this.#wildcards.size > 0) for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) add(this.#wildcards.get(name.slice(dot)), 1);
    add(this.#every, 0);
    return found;
  }

  *values(): Iterable<T> {
    yield* this.#names.values();
    yield* this.#wildcards.values();
    if (this.#every !== undefined) yield this.#every;
  }
}
