/** Path copying: a new object only where something changes. */

/** The very same list where no item changes. */
export function mapItems<T>(items: readonly T[], change: (item: T, position: number) => T): readonly T[] {
  let changed: T[] | undefined;
  for (const [position, item] of items.entries()) {
    const next = change(item, position);
    if (next !== item) (changed ??= [...items])[position] = next;
  }
  return changed ?? items;
}

/** `object` with `more` in it; the very same where it has all of that already. `undefined` removes a field. */
export function withFields<T extends object>(object: T, more: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const entries = Object.entries(more);
  if (entries.every(([key, value]) => Reflect.get(object, key) === value)) return object;
  const next = { ...object, ...more };
  for (const [key, value] of entries) if (value === undefined) Reflect.deleteProperty(next, key);
  return next as T;
}

/** Entries of `from` for the keys that `to` lacks. */
export function fillKeys<V>(
  to: Readonly<Record<string, V>> | undefined, from: Readonly<Record<string, V>> | undefined,
): Readonly<Record<string, V>> | undefined {
  const missing = Object.entries(from ?? {}).filter(([key]) => to === undefined || !Object.hasOwn(to, key));
  return missing.length === 0 ? to : { ...to, ...Object.fromEntries(missing) };
}

export const isEmpty = (map: Readonly<Record<string, unknown>> | undefined): boolean => map === undefined || Object.keys(map).length === 0;
