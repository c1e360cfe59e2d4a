/** Whether two JSON values are equal; a property that is undefined counts as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
  }
  return covers(a, b) && missesNothing(a, b);
}

type Bag = Readonly<Record<string, unknown>>;

const covers = (a: object, b: object): boolean =>
  Object.entries(a).every(([key, value]) => value === undefined || deepEqual(value, (b as Bag)[key]));
const missesNothing = (a: object, b: object): boolean =>
  Object.entries(b).every(([key, value]) => value === undefined || (a as Bag)[key] !== undefined);
