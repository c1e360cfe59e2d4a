/** The order upstream prefers versions in: GA, beta, alpha; within each the larger number first. */
export function comparePriority(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version));
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  const stage = (match: RegExpExecArray) => (match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0);
  return stage(right) - stage(left) || Number(right[1]) - Number(left[1]) || Number(right[3] ?? 0) - Number(left[3] ?? 0);
}
