/** intstr.IntOrString: a number, or a percentage as text. */
export type IntOrString = number | string;

const PERCENT = /^(\d+)%$/;

/** The percentage a text means, undefined for numbers and other texts. */
export function percentOf(value: IntOrString): number | undefined {
  const match = typeof value === 'string' ? PERCENT.exec(value) : null;
  return match ? Number(match[1]) : undefined;
}

/** A number as it is, a percentage as its share of `total`, rounded as told. @throws RangeError for other texts */
export function scaledValue(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) throw new RangeError('invalid value for IntOrString: invalid type: string is not a percentage');
  return Math[round === 'up' ? 'ceil' : 'floor']((percent * total) / 100);
}
