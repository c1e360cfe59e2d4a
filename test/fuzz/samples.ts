import type { Random } from '../../src/base/random.ts';
import type { ScalarNode, SchemaNode } from '../../src/schema/node.ts';

/** Keys that reach for the prototype, and others that parsers stumble over. */
const KEYS = [
  'a', 'app.kubernetes.io/name', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '0', 'é"\\\n', '$patch', '.', 'cpu', 'memory', 'hugepages-2Mi', 'hugepages-x',
  'example.com/gpu', 'tls.crt',
];
const TEXTS = ['', 'a', 'web-1', '100%', '-1', 'Always', '__proto__', '\u0000', '\ud800', 'x'.repeat(300), '2026-01-02T03:04:05Z', '1Gi', '1h', 'YQ=='];

export class Sampler {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  chance(share: number): boolean {
    return this.#random.next() < share;
  }

  upTo(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.upTo(choices.length)]!;
  }

  /** A value as the schema wants it, most optional fields left out. */
  value(node: SchemaNode, depth = 0): unknown {
    switch (node.type) {
      case 'lazy':
        return depth > 6 ? {} : this.value(node.resolve(), depth + 1);
      case 'object': {
        const share = depth > 6 ? 0 : 4 / (4 + Object.keys(node.fields).length);
        const chosen = Object.entries(node.fields).filter(([, field]) => (field.required && depth < 12) || this.chance(share));
        return Object.fromEntries(chosen.map(([name, field]) => [name, this.value(field, depth + 1)]));
      }
      case 'list':
        return Array.from({ length: this.upTo(3) }, () => this.value(node.items, depth + 1));
      case 'map':
        return fromEntries(Array.from({ length: this.upTo(3) }, () => [this.of(KEYS), this.value(node.values, depth + 1)]));
      default:
        return this.#scalar(node);
    }
  }

  /** Any JSON at all. */
  garbage(depth = 0): unknown {
    const kind = this.upTo(depth > 3 ? 5 : 7);
    if (kind === 5) return Array.from({ length: this.upTo(4) }, () => this.garbage(depth + 1));
    if (kind === 6) return fromEntries(Array.from({ length: this.upTo(4) }, () => [this.of(KEYS), this.garbage(depth + 1)]));
    return this.of([null, this.chance(0.5), this.of([0, -1, 1.5, 2 ** 31, 2 ** 53, 1e300, 80]), this.of(TEXTS), this.of(TEXTS)]);
  }

  /** The value with some of its parts replaced, dropped or added. */
  mutated(value: unknown, rate = 0.03): unknown {
    if (this.chance(rate)) return this.garbage();
    if (Array.isArray(value)) return value.map((item: unknown) => this.mutated(item, rate));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(() => !this.chance(rate)).map(([key, part]): [string, unknown] => [key, this.mutated(part, rate)]);
    if (this.chance(rate)) entries.push([this.of(KEYS), this.garbage()]);
    return fromEntries(entries);
  }

  #scalar(node: ScalarNode): unknown {
    switch (node.type) {
      case 'string': return node.enum ? this.of(node.enum) : this.of(['a', 'web-1', 'example.com', '', 'x/y', '80', 'Always']);
      case 'int32':
      case 'int64': return this.of([0, 1, 80, 300, -1, 65_535]);
      case 'double': return this.of([0, 0.5, -3]);
      case 'boolean': return this.chance(0.5);
      case 'bytes': return this.of(['', 'YQ==', 'aGVsbG8=']);
      case 'quantity': return this.of(['1', '500m', '1Gi', '0', '1.5', '1e3', '-1']);
      case 'intOrString': return this.of([80, 'http', '25%']);
      case 'time': return '2026-01-02T03:04:05Z';
      case 'microTime': return '2026-01-02T03:04:05.123456Z';
      case 'duration': return this.of(['1h0m0s', '1.5s', '0s']);
      case 'any': return this.of<unknown>([{}, { a: 1 }, { a: { b: ['c'] } }]);
    }
  }
}

/** As JSON.parse would: `__proto__` is an ordinary key. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries);
}

/** Throws where anyone writes. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
