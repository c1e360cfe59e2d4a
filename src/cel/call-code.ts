/** Calls: the operators by shorter ways, all else through the overloads the checker found. */
import { add, compare, index, noSuchOverload, subtract } from './arithmetic.ts';
import type { CallNode, Node } from './ast.ts';
import type { Coder } from './code.ts';
import { converterFor } from './convert.ts';
import { charge, type Code, type Frame } from './frame.ts';
import { patternCost, runtimeCost } from './function-costs.ts';
import { Remembered } from '../base/remembered.ts';
import { findAll, Meter, TooMuchWork } from '../meta/regexp/regex.ts';
import { inOptional } from './libraries/operators.ts';
import { regexOf } from './pattern.ts';
import type { Implementation, Overload } from './signature.ts';
import type { CelType } from './types.ts';
import { unorderedEquality, unorderedJoin } from './unordered.ts';
import { CelObject, equal, EvaluationError, isInt, isList, isMap, lift, Optional, OverBudget, sizeForCost } from './values.ts';

export function callCode(coder: Coder, node: CallNode): Code {
  const nodes = node.target && !coder.checked.isGlobal(node) ? [node.target, ...node.args] : node.args;
  const [a, b, c] = nodes.map((arg) => coder.code(arg));
  switch (node.name) {
    case '_&&_':
      return deciding(a!, b!, false);
    case '_||_':
      return deciding(a!, b!, true);
    case '_?_:_':
      return (frame) => {
        const condition = a!(frame);
        if (typeof condition !== 'boolean') throw noSuchOverload();
        return condition ? b!(frame) : c!(frame);
      };
    case '!_':
      return (frame) => {
        const value = a!(frame);
        charge(frame, 1);
        if (typeof value !== 'boolean') throw noSuchOverload();
        return !value;
      };
    case '_==_':
      return equality([a!, b!], true, unorderedEquality(coder.checked.typeOf(nodes[0]!)));
    case '_!=_':
      return equality([a!, b!], false, unorderedEquality(coder.checked.typeOf(nodes[0]!)));
    case '_+_': {
      const join = unorderedJoin(coder.checked.typeOf(nodes[0]!));
      return (frame) => {
        const left = a!(frame);
        const right = b!(frame);
        // Upstream's lists are joined for nothing, ours are copied; short ones cost the same.
        const sized = typeof left === 'string' || isList(left) || left instanceof Uint8Array;
        charge(frame, sized ? Math.ceil((sizeForCost(left) + sizeForCost(right)) * 0.1) || Number(isList(left)) : 1);
        return join && isList(left) && isList(right) ? join(left, right) : add(left, right);
      };
    }
    case '_-_':
      return (frame) => {
        const left = a!(frame);
        const right = b!(frame);
        charge(frame, 1);
        return subtract(left, right);
      };
    case '_<_':
      return ordering(a!, b!, (order) => order < 0);
    case '_<=_':
      return ordering(a!, b!, (order) => order <= 0);
    case '_>_':
      return ordering(a!, b!, (order) => order > 0);
    case '_>=_':
      return ordering(a!, b!, (order) => order >= 0);
    case '_[_]':
      return indexing(coder, node, { container: a!, key: b! });
    case 'matches':
    case 'find':
    case 'findAll':
      return patternCode(node.name, [a!, b!, c]);
    default:
      return functionCode(coder, node, nodes);
  }
}

/** Where both sides fail, it is the left one's error that is told. */
function isDecided(code: Code, frame: Parameters<Code>[0], by: boolean): boolean {
  try {
    return code(frame) === by;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return false;
  }
}

/** `&&` is decided by false, `||` by true, from either side; then the other's error is forgiven. */
function deciding(a: Code, b: Code, by: boolean): Code {
  return (frame) => {
    let left: unknown;
    try {
      left = a(frame);
      if (typeof left !== 'boolean') throw noSuchOverload();
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (isDecided(b, frame, by)) return by;
      throw error;
    }
    if (left === by) return by;
    const right = b(frame);
    if (typeof right !== 'boolean') throw noSuchOverload();
    return right;
  };
}

function comparisonCost(left: unknown, right: unknown): number {
  return typeof left !== 'object' && typeof left !== 'string' ? 1 : Math.ceil(Math.min(sizeForCost(left), sizeForCost(right)) * 0.1);
}

function equality([a, b]: readonly [Code, Code], wanted: boolean, same: (left: unknown, right: unknown) => boolean = equal): Code {
  return (frame) => {
    const left = a(frame);
    const right = b(frame);
    charge(frame, comparisonCost(left, right));
    return same(left, right) === wanted;
  };
}

function ordering(a: Code, b: Code, answer: (order: number) => boolean): Code {
  return (frame) => {
    const left = a(frame);
    const right = b(frame);
    charge(frame, comparisonCost(left, right));
    return answer(compare(left, right));
  };
}

function indexing(coder: Coder, node: CallNode, { container, key }: { readonly container: Code; readonly key: Code }): Code {
  const convert = converterFor(coder.checked.typeOf(node));
  return (frame) => {
    const from = container(frame);
    const at = key(frame);
    charge(frame, 1);
    if (from instanceof Optional) return inOptional(from, at);
    const value = index(from, at);
    return convert ? convert(value) : lift(value);
  };
}

/** Steps of a pattern's automaton that cost as much as one unit. Costs go by the length of the pattern, work does not always. */
const STEPS_PER_UNIT = 50;

function patternCode(name: 'matches' | 'find' | 'findAll', [a, b, c]: readonly [Code, Code, Code | undefined]): Code {
  return (frame) => {
    const text = a(frame);
    const pattern = b(frame);
    const most = c ? c(frame) : -1;
    if (typeof text !== 'string' || typeof pattern !== 'string' || !isInt(most)) throw noSuchOverload();
    const cost = patternCost(text, pattern);
    charge(frame, cost);
    const meter = new Meter((frame.limit - frame.cost + cost) * STEPS_PER_UNIT);
    try {
      const regex = regexOf(pattern);
      if (name === 'matches') return regex.test(text, meter);
      return name === 'find' ? (findAll(text, regex, 1, meter)[0] ?? '') : findAll(text, regex, Number(most), meter);
    } catch (error) {
      if (error instanceof TooMuchWork) throw new OverBudget();
      throw error;
    } finally {
      frame.cost += Math.max(0, Math.ceil(meter.steps / STEPS_PER_UNIT) - cost);
    }
  };
}

function functionCode(coder: Coder, node: CallNode, nodes: readonly Node[]): Code {
  const codes = nodes.map((arg) => coder.code(arg));
  const types = nodes.map((arg) => coder.checked.typeOf(arg));
  const overloads = coder.checked.overloadsOf(node);
  const cost = runtimeCost(overloads[0]!.name);
  // What depends on the result is charged behind it, all else before anything is done.
  const late = cost !== undefined && cost.length > 1;
  const chosen = overloads.length === 1 && !types.some(unknown) ? overloads[0]!.run : dispatcher(overloads);
  const run = READS_TEXT.has(node.name) && nodes.length === 1 ? remembering(chosen) : chosen;
  return (frame: Frame) => {
    const args = codes.map((code) => code(frame));
    if (!late) charge(frame, cost ? cost(args, undefined) : 1);
    const result = lift(run(...(args as never[])));
    if (late) charge(frame, cost(args, result));
    return result;
  };
}

/** What makes a value of a text by itself: dear beside what it is charged, and in a loop the same text comes again and again. */
const READS_TEXT = new Set(['ip', 'isIP', 'cidr', 'isCIDR', 'duration', 'timestamp', 'quantity', 'isQuantity', 'semver', 'isSemver', 'url', 'isURL']);

function remembering(run: Implementation): Implementation {
  const known = new Remembered<unknown>();
  return (...[text]: readonly unknown[]) => {
    const before = typeof text === 'string' ? known.get(text) : undefined;
    if (before !== undefined) return before;
    const made = run(text as never);
    if (typeof text === 'string') known.set(text, made);
    return made;
  };
}

/** Whether a value's type shows itself only when there is a value. */
function unknown(type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
      return true;
    case 'list':
      return unknown(type.items);
    case 'map':
      return unknown(type.values);
    case 'opaque':
      return type.params.some(unknown);
    default:
      return false;
  }
}

function dispatcher(overloads: readonly Overload[]): (...args: readonly never[]) => unknown {
  const choices = overloads.map(({ args, run }) => ({ tests: args.map(testFor), run }));
  return (...args) => {
    const choice = choices.find(({ tests }) => tests.every((test, at) => test(args[at])));
    if (!choice) throw noSuchOverload();
    return choice.run(...args);
  };
}

/** Whether a value is of a type, as far as it can be seen. */
function testFor(type: CelType): (value: unknown) => boolean {
  switch (type.kind) {
    case 'int':
      return isInt;
    case 'bool':
      return (value) => typeof value === 'boolean';
    case 'string':
      return (value) => typeof value === 'string';
    case 'bytes':
      return (value) => value instanceof Uint8Array;
    case 'null':
      return (value) => value === null;
    case 'list': {
      const item = testFor(type.items);
      return (value) => isList(value) && (value.length === 0 || item(lift(value[0])));
    }
    case 'map':
      return isMap;
    case 'opaque':
      return (value) => value instanceof CelObject && value.type.kind === 'opaque' && value.type.name === type.name;
    case 'double':
    case 'uint':
    case 'timestamp':
    case 'duration':
    case 'type':
      return (value) => value instanceof CelObject && value.type.kind === type.kind;
    default:
      return () => true;
  }
}
