/** Whether two JSON values are equal; a property that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && equalItems(a, b);
  }
  return covers(a as Bag, b as Bag) && missesNothing(a as Bag, b as Bag);
}

function equalItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!deepEqual(a[index], b[index])) return false;
  return true;
}

type Bag = Readonly<Record<string, unknown>>;

/** Loops, since this runs over whole objects at each write: they allocate nothing. */
function covers(a: Bag, b: Bag): boolean {
  for (const key in a) {
    const value = a[key];
    if (value !== undefined && !(Object.hasOwn(b, key) && deepEqual(value, b[key]))) return false;
  }
  return true;
}

function missesNothing(a: Bag, b: Bag): boolean {
  for (const key in b) if (b[key] !== undefined && !(Object.hasOwn(a, key) && a[key] !== undefined)) return false;
  return true;
}
