/** What a kubelet's `/metrics/resource` says, of the Prometheus text format as much as it uses. */
export interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was measured, in milliseconds since the epoch, where the line says so. */
  readonly at: number | undefined;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+(\d+))?\s*$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Comments, and lines that are none of the format, are passed over. */
export function parseExposition(text: string): readonly Line[] {
  return text.split('\n').flatMap((line): Line[] => {
    const [, name, labels = '', value, at] = line.startsWith('#') ? [] : LINE.exec(line) ?? [];
    if (name === undefined || value === undefined || !Number.isFinite(Number(value))) return [];
    return [{ name, labels: labelsOf(labels), value: Number(value), at: at === undefined ? undefined : Number(at) }];
  });
}

const labelsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value.replaceAll(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char))]));
