/** A double as Go's FormatFloat(value, 'g', -1, 64) prints it: as short as it may be, with an exponent from 1e+06 on. */
export function formatDouble(value: number, exponentFrom = 6): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= exponentFrom) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const sign = value < 0 ? '-' : '';
  const figures = digits.replace(/[-.]/g, '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${figures}`;
  if (figures.length <= power + 1) return sign + figures.padEnd(power + 1, '0');
  return `${sign}${figures.slice(0, power + 1)}.${figures.slice(power + 1)}`;
}
