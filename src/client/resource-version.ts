/**
 * Orders two resource versions of one resource type: negative when `a` is older. They are decimal numbers without
 * leading zeros (KEP-5504), too long for a double.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
