/** Metrics as data: what Prometheus calls families and samples. Counting is cheap, writing out happens when asked. */

/** `verb="GET",code="200"`: label names and values, written out once for many samples. */
export type Labels = string;

export function labels(values: Readonly<Record<string, string | number>>): Labels {
  return Object.entries(values).map(([name, value]) => `${name}="${escaped(String(value))}"`).join(',');
}

const escaped = (text: string): string =>
  (/[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text);

export interface Sample {
  readonly labels: Labels;
  readonly value: number | Histogram;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: Iterable<Sample>;
}

/** What knows metrics of its own, asked with each scrape. */
export type Collector = () => Iterable<Family>;

export class Histogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** By bucket, not cumulated; the last is everything above. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    this.counts[at]!++;
    this.sum += value;
    this.count++;
  }
}

/** Counters or gauges of one family, by labels. */
export class Values {
  readonly #values = new Map<Labels, number>();

  add(at: Labels, change = 1): void {
    this.#values.set(at, (this.#values.get(at) ?? 0) + change);
  }

  set(at: Labels, value: number): void {
    this.#values.set(at, value);
  }

  *[Symbol.iterator](): Generator<Sample> {
    for (const [at, value] of this.#values) yield { labels: at, value };
  }
}

/** Histograms of one family, by labels. */
export class Histograms {
  readonly #bounds: readonly number[];
  readonly #histograms = new Map<Labels, Histogram>();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  at(one: Labels): Histogram {
    const kept = this.#histograms.get(one);
    if (kept) return kept;
    const made = new Histogram(this.#bounds);
    this.#histograms.set(one, made);
    return made;
  }

  *[Symbol.iterator](): Generator<Sample> {
    for (const [at, value] of this.#histograms) yield { labels: at, value };
  }
}
