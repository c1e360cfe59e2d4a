/** Prometheus' text format, families in order (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch; absent: now. */
  readonly at?: number;
}

/** Families without samples are left out. */
export function formatFamilies(families: readonly Family[]): string {
  return families.filter(({ samples }) => samples.length > 0).map(({ name, help, type, samples }) =>
    [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => formatSample(name, sample)), ''].join('\n')).join('');
}

function formatSample(name: string, { labels = {}, value, at }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${formatValue(value)}${at === undefined ? '' : ` ${Math.round(at)}`}`;
}

/** As Go writes floats: large numbers with an exponent. */
function formatValue(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  return Math.abs(value) < 1e21 ? String(value).replace(/e-(\d)$/, 'e-0$1') : value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
