/** Whether two JSON values are equal; a property that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  return covers(a as Bag, b as Bag) && missesNothing(a as Bag, b as Bag);
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
