import { type Family, Histogram, type Sample } from './family.ts';

export const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores';

/** The text format of Prometheus (exposition formats, 0.0.4), or OpenMetrics 1.0: families in order of their names. */
export function expose(families: Iterable<Family>, format: 'prometheus' | 'openmetrics' = 'prometheus'): string {
  const lines: string[] = [];
  for (const family of [...families].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const samples = [...family.samples];
    if (samples.length > 0) lines.push(...familyLines(family, samples, format));
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function familyLines({ name, type, help }: Family, samples: readonly Sample[], format: 'prometheus' | 'openmetrics'): readonly string[] {
  // OpenMetrics names a counter without the `_total` that its samples end in.
  const isCounter = format === 'openmetrics' && type === 'counter';
  const family = isCounter && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  const sample = isCounter && !name.endsWith('_total') ? `${name}_total` : name;
  return [
    `# HELP ${family} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${family} ${type}`,
    ...samples.flatMap(({ labels, value }) => (value instanceof Histogram ? histogramLines(sample, labels, value) : [`${sample}${braced(labels)} ${numberText(value)}`])),
  ];
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

function histogramLines(name: string, labels: string, { bounds, counts, sum, count }: Histogram): readonly string[] {
  const lead = labels === '' ? '' : `${labels},`;
  let below = 0;
  return [
    ...bounds.map((bound, at) => `${name}_bucket{${lead}le="${numberText(bound)}"} ${(below += counts[at]!)}`),
    `${name}_bucket{${lead}le="+Inf"} ${count}`,
    `${name}_sum${braced(labels)} ${numberText(sum)}`,
    `${name}_count${braced(labels)} ${count}`,
  ];
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
