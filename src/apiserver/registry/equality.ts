/** Whether two JSON values say the same. Times of managedFields and the resourceVersion do not count. */
export function sameObject(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => sameObject(item, b[at]));
  if (Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    count++;
    if (right[key] === undefined || !sameField(key, left[key], right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) count--;
  return count === 0;
}

function sameField(key: string, a: unknown, b: unknown): boolean {
  if (key === 'managedFields' && Array.isArray(a) && Array.isArray(b)) return sameObject(a.map(timeless), b.map(timeless));
  return sameObject(a, b);
}

function timeless(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null ? { ...entry, time: undefined } : entry;
}
