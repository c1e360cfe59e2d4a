/** What an expression may cost at the least and at the most, from the sizes that types declare. Follows cel-go's reckoning of its macros' expansions. */
import type { CallNode, FoldNode, Node } from './ast.ts';
import type { Checked } from './checker.ts';
import { type Argument, estimateCall, literalSize } from './function-costs.ts';
import { either, exactly, MOST, plus, type Range, times, UNKNOWN } from './range.ts';
import type { CelType } from './types.ts';

/** What is known of a part. */
interface Estimate {
  readonly cost: Range;
  readonly size: Range;
  /** Of a list's items or a map's values, and of a map's keys. */
  readonly values?: Range;
  readonly keys?: Range;
  /** Reached from a variable by fields and indices: its type's declared bound holds. */
  readonly declared: boolean;
}

type Local = Omit<Estimate, 'cost'>;

const ONE = exactly(1);
const LIST = exactly(10);
const MAP = exactly(30);
const STRUCT = exactly(40);
const SCALARS = new Set(['bool', 'int', 'uint', 'double', 'timestamp', 'duration', 'type']);

export function estimateCost(checked: Checked): Range {
  return new Estimator(checked).of(checked.root).cost;
}

/** The size a type's values have, as far as it says. */
function typeSize(type: CelType, declared: boolean): Range {
  if (declared && type.maxSize !== undefined) return { min: 0, max: type.maxSize };
  // An object's fields are of its type's making: comparing two of them counts as nothing, however long their strings may be.
  if (declared && type.kind === 'object') return exactly(0);
  return SCALARS.has(type.kind) ? ONE : UNKNOWN;
}

/** Of either list. */
const entries = ([a, b]: readonly (Range | undefined)[]): { readonly values?: Range } => (a && b ? { values: either(a, b) } : {});

class Estimator {
  readonly #checked: Checked;
  readonly #locals: (readonly [name: string, local: Local])[] = [];

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  of(node: Node): Estimate {
    const type = this.#checked.typeOf(node);
    const plain = (cost: Range, declared = false): Estimate => ({ cost, size: typeSize(type, declared), declared });
    switch (node.kind) {
      case 'literal':
        return { cost: exactly(0), size: literalSize(node.value), declared: false };
      case 'ident': {
        const local = this.#locals.findLast(([name]) => name === node.name)?.[1];
        return local ? { ...local, cost: ONE } : plain(ONE, true);
      }
      case 'select': {
        if (this.#checked.typeNamed(node) !== undefined || this.#checked.variableNamed(node) !== undefined) return plain(ONE, true);
        const of = this.of(node.of);
        if (node.test) return plain(of.cost);
        const { kind } = this.#checked.typeOf(node.of);
        const costs = kind === 'map' || kind === 'object' || node.optional;
        return plain(costs ? plus(of.cost, ONE) : of.cost, of.declared && !node.optional);
      }
      case 'call':
        return this.#call(node, type);
      case 'list': {
        const items = node.items.map(({ value }) => this.of(value));
        const values = items.length === 0 ? exactly(0) : items.map(({ size }) => size).reduce(either);
        return { cost: plus(LIST, ...items.map(({ cost }) => cost)), size: exactly(items.length), values, declared: false };
      }
      case 'map': {
        const keys = node.entries.map(({ key }) => this.of(key));
        const values = node.entries.map(({ value }) => this.of(value));
        const range = (parts: readonly Estimate[]) => (parts.length === 0 ? exactly(0) : parts.map(({ size }) => size).reduce(either));
        return { cost: plus(MAP, ...[...keys, ...values].map(({ cost }) => cost)), size: exactly(keys.length), keys: range(keys), values: range(values), declared: false };
      }
      case 'struct':
        return plain(plus(STRUCT, ...node.fields.map(({ value }) => this.of(value).cost)));
      case 'fold':
        return this.#fold(node);
      case 'bind': {
        const init = this.of(node.init);
        const body = this.#within([[node.name, init]], () => this.of(node.body));
        return { ...body, cost: plus(LIST, init.cost, body.cost) };
      }
      case 'optional-map': {
        const target = this.of(node.target);
        const body = this.#within([[node.name, { size: UNKNOWN, declared: false }]], () => this.of(node.body));
        const there = plus(node.flat ? exactly(0) : ONE, LIST, ONE, target.cost, body.cost);
        return plain(plus(ONE, target.cost, either(there, ONE)));
      }
    }
  }

  #within<T>(locals: readonly (readonly [string, Local])[], work: () => T): T {
    this.#locals.push(...locals);
    const result = work();
    this.#locals.length -= locals.length;
    return result;
  }

  /** The size of a list's items, as far as it is known. */
  #values(node: Node, { values, declared }: Estimate): Range | undefined {
    const type = this.#checked.typeOf(node);
    return values ?? (declared && type.kind === 'list' ? typeSize(type.items, true) : undefined);
  }

  #argument(node: Node, estimate: Estimate): Argument {
    const type = this.#checked.typeOf(node);
    const itemSize = estimate.values ?? (type.kind === 'list' ? typeSize(type.items, estimate.declared) : UNKNOWN);
    return { type, size: estimate.size, itemSize, ...(node.kind === 'literal' ? { literal: node.value } : {}) };
  }

  #call(node: CallNode, type: CelType): Estimate {
    const nodes = node.target && !this.#checked.isGlobal(node) ? [node.target, ...node.args] : node.args;
    const args = nodes.map((arg) => this.of(arg));
    const [a, b, c] = args;
    const sum = plus(...args.map(({ cost }) => cost));
    switch (node.name) {
      case '_&&_':
      case '_||_':
        return { cost: { min: a!.cost.min, max: sum.max }, size: ONE, declared: false };
      case '_?_:_':
        return {
          cost: plus(a!.cost, either(b!.cost, c!.cost)), size: either(b!.size, c!.size), declared: false,
          ...entries(nodes.slice(1).map((arg, at) => this.#values(arg, args[at + 1]!))),
        };
      case '_[_]':
        return { cost: plus(sum, ONE), size: a!.values ?? typeSize(type, a!.declared), declared: a!.declared };
      case 'dyn':
        return { ...a!, cost: plus(sum, ONE) };
    }
    const name = this.#checked.overloadsOf(node)[0]?.name ?? node.name;
    const call = estimateCall(name, args.map((arg, at) => this.#argument(nodes[at]!, arg)));
    const values = node.name === '_+_' && a!.values && b!.values ? either(a!.values, b!.values) : undefined;
    return { cost: plus(sum, call.cost), size: call.size ?? typeSize(type, false), declared: false, ...(values ? { values } : {}) };
  }

  #fold(node: FoldNode): Estimate {
    const range = this.of(node.range);
    const { where, step } = this.#within(this.#iteration(node, range), () => ({ where: node.where && this.of(node.where).cost, step: this.of(node.step) }));
    const { before, each, after } = foldCosts(node, step.cost, where);
    const cost = plus(range.cost, before, times(range.size, each), after);
    const makes = node.macro === 'map' || node.macro === 'filter' || node.macro === 'transformMap' || node.macro === 'transformMapEntry';
    if (!makes) return { cost, size: ONE, declared: false };
    const values = node.macro === 'map' || node.macro === 'transformMap' ? step.size : range.values;
    return { cost, size: range.size, declared: false, ...(values ? { values } : {}) };
  }

  #iteration({ range: node, variables }: FoldNode, range: Estimate): readonly (readonly [string, Local])[] {
    const type = this.#checked.typeOf(node);
    const local = (of: CelType | undefined, known: Range | undefined): Local => ({
      size: known ?? (of ? typeSize(of, range.declared) : UNKNOWN), declared: range.declared && of !== undefined,
    });
    const value = local(type.kind === 'list' ? type.items : type.kind === 'map' ? type.values : undefined, range.values);
    const key = type.kind === 'map' ? local(type.keys, range.keys) : { size: type.kind === 'list' ? ONE : UNKNOWN, declared: false };
    const [first = '', second] = variables;
    if (second !== undefined) return [[first, key], [second, value]];
    return [[first, type.kind === 'map' ? key : value]];
  }
}

/** What the loop a macro stands for costs around its own expressions. */
function foldCosts({ macro }: FoldNode, step: Range, where: Range | undefined): { readonly before: Range; readonly each: Range; readonly after: Range } {
  const filtered = (work: Range): Range => (where ? plus(where, either(work, ONE)) : work);
  switch (macro) {
    case 'all':
      return { before: exactly(0), each: { min: 3, max: Math.min(step.max + 3, MOST) }, after: ONE };
    case 'exists':
      return { before: exactly(0), each: { min: 4, max: Math.min(step.max + 4, MOST) }, after: ONE };
    case 'existsOne':
      return { before: exactly(0), each: plus(step, { min: 1, max: 2 }), after: exactly(2) };
    case 'map':
      return { before: LIST, each: filtered(plus(step, exactly(12))), after: ONE };
    case 'filter':
      return { before: LIST, each: plus(step, { min: 1, max: 13 }), after: ONE };
    case 'transformMap':
      return { before: MAP, each: filtered(plus(step, exactly(3))), after: ONE };
    case 'transformMapEntry':
      return { before: MAP, each: filtered(plus(step, exactly(2))), after: ONE };
  }
}
