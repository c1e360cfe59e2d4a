/**
 * Writing keys that came from outside. Plain assignment of `__proto__` would change an object's prototype; JSON.parse and
 * spreads make it an ordinary key, and so does this.
 */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** What the object itself holds under `key`, never what its prototype does. */
export const getOwn = (source: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(source, key) ? source[key] : undefined;

/** A JSON object: neither null, nor a list, nor a scalar. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
