/** Finds the type of every part of an expression, which overloads its calls may mean, and what of it cannot be meant at all. */
import { type CallNode, type FoldNode, type MapNode, type Node, qualifiedName, type SelectNode, type StructNode } from './ast.ts';
import type { Environment } from './environment.ts';
import type { Overload } from './signature.ts';
import type { Problem } from './source.ts';
import {
  BOOL, type CelType, DYN, ERROR, type FieldType, formatType, INT, isDyn, isOptional, listOf, mapOf, mapType, optionalType, typeOfType,
} from './types.ts';
import { moreGeneral, Unifier } from './unify.ts';

/** What the checker found out, for whoever estimates and compiles. */
export interface Checked {
  readonly root: Node;
  readonly type: CelType;
  typeOf(node: Node): CelType;
  /** The overloads a call may mean: one where types are known. */
  overloadsOf(node: CallNode): readonly Overload[];
  /** Namespaced functions are called without their namespace's being evaluated: `sets.contains(a, b)`. */
  isGlobal(node: CallNode): boolean;
  /** The declared field a select means, where its object is of a declared type. */
  fieldOf(node: SelectNode): FieldType | undefined;
  /** A name that means a type. */
  typeNamed(node: Node): string | undefined;
  /** A variable whose name has dots in it: `authorizer.requestResource`. */
  variableNamed(node: SelectNode): string | undefined;
}

export type CheckResult = { readonly ok: true; readonly checked: Checked } | { readonly ok: false; readonly problems: readonly Problem[] };

export function check(root: Node, environment: Environment): CheckResult {
  const checker = new Checker(environment);
  checker.typeOf(root);
  return checker.problems.length > 0 ? { ok: false, problems: checker.problems } : { ok: true, checked: checker.done(root) };
}

class Checker {
  readonly problems: Problem[] = [];
  readonly #environment: Environment;
  readonly #unifier = new Unifier();
  readonly #types = new Map<Node, CelType>();
  readonly #overloads = new Map<CallNode, readonly Overload[]>();
  readonly #global = new Set<CallNode>();
  readonly #fields = new Map<SelectNode, FieldType>();
  readonly #named = new Map<Node, string>();
  readonly #dotted = new Map<SelectNode, string>();
  /** Variables of macros, the innermost last. */
  readonly #scopes: (readonly [name: string, type: CelType])[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  done(root: Node): Checked {
    const types = new Map([...this.#types].map(([node, type]) => [node, this.#unifier.resolve(type, true)]));
    return {
      root,
      type: types.get(root)!,
      typeOf: (node) => types.get(node)!,
      overloadsOf: (node) => this.#overloads.get(node) ?? [],
      isGlobal: (node) => this.#global.has(node),
      fieldOf: (node) => this.#fields.get(node),
      typeNamed: (node) => this.#named.get(node),
      variableNamed: (node) => this.#dotted.get(node),
    };
  }

  typeOf(node: Node): CelType {
    const type = this.#unifier.resolve(this.#check(node));
    this.#types.set(node, type);
    return type;
  }

  #report(at: number, message: string): CelType {
    this.problems.push({ at, message });
    return ERROR;
  }

  #check(node: Node): CelType {
    switch (node.kind) {
      case 'literal':
        return node.type;
      case 'ident':
        return this.#lookup(node, node.name) ?? this.#undeclared(node.at, node.name);
      case 'select':
        return this.#select(node);
      case 'call':
        return this.#call(node);
      case 'list':
        return listOf(this.#joined(node.items));
      case 'map':
        return this.#map(node);
      case 'struct':
        return this.#struct(node);
      case 'fold':
        return this.#fold(node);
      case 'bind': {
        const init = this.typeOf(node.init);
        return this.#within([[node.name, init]], () => this.typeOf(node.body));
      }
      case 'optional-map': {
        const target = this.#unwrapped(this.typeOf(node.target), node.at);
        const body = this.#within([[node.name, target]], () => this.typeOf(node.body));
        if (!node.flat) return optionalType(body);
        return isOptional(body) || isDyn(body) ? body : this.#noOverload(node.at, '_?_:_', [BOOL, body, optionalType(DYN)]);
      }
    }
  }

  #within<T>(variables: readonly (readonly [string, CelType])[], work: () => T): T {
    this.#scopes.push(...variables);
    const result = work();
    this.#scopes.length -= variables.length;
    return result;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`);
  }

  #lookup(node: Node, name: string): CelType | undefined {
    const local = this.#scopes.findLast(([scoped]) => scoped === name);
    if (local) return local[1];
    const declared = this.#environment.variable(name);
    if (declared) return declared;
    const type = this.#environment.typeNamed(name);
    if (type) this.#named.set(node, name);
    return type && typeOfType(type);
  }

  #select(node: SelectNode): CelType {
    const name = node.test || node.optional ? undefined : qualifiedName(node);
    const root = name?.split('.')[0];
    if (name !== undefined && !this.#scopes.some(([scoped]) => scoped === root)) {
      const meant = this.#lookup(node, name);
      if (meant && !this.#named.has(node)) this.#dotted.set(node, name);
      if (meant) return meant;
    }
    const of = this.typeOf(node.of);
    const optional = isOptional(of);
    const type = this.#fieldType(node, optional ? of.params[0]! : of);
    if (node.test) return BOOL;
    return node.optional || optional ? (isOptional(type) ? type : optionalType(type)) : type;
  }

  #fieldType(node: SelectNode, of: CelType): CelType {
    switch (of.kind) {
      case 'dyn':
      case 'error':
        return DYN;
      case 'map':
        return of.values;
      case 'object': {
        const field = of.field(node.field);
        if (!field) return this.#report(node.at, `undefined field '${node.field}'`);
        this.#fields.set(node, field);
        return field.type;
      }
      case 'variable':
        // Nothing is known of it, and so everything may be.
        this.#unifier.assignable(of, DYN);
        return DYN;
      default:
        return this.#report(node.at, `type '${formatType(of)}' does not support field selection`);
    }
  }

  #call(node: CallNode): CelType {
    const args = node.args.map((arg) => this.typeOf(arg));
    if (!node.target) {
      const overloads = this.#environment.functions(node.name);
      if (overloads.length === 0) return this.#undeclared(node.at, node.name);
      return this.#resolve(node, overloads.filter(({ member }) => !member), args);
    }
    const namespace = qualifiedName(node.target);
    if (namespace !== undefined) {
      const name = `${namespace}.${node.name}`;
      const namespaced = this.#environment.functions(name);
      if (namespaced.length > 0) {
        this.#global.add(node);
        return this.#resolve({ ...node, target: undefined, name }, namespaced, args, node);
      }
    }
    const target = this.typeOf(node.target);
    const overloads = this.#environment.functions(node.name);
    if (overloads.length === 0) return this.#undeclared(node.at, node.name);
    return this.#resolve(node, overloads.filter(({ member }) => member), [target, ...args]);
  }

  #resolve(node: CallNode, candidates: readonly Overload[], args: readonly CelType[], whole = node): CelType {
    const given = args.map((arg) => this.#unifier.resolve(arg));
    const fitting: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of candidates) {
      const fresh = new Map<string, CelType>();
      const instance = (type: CelType) => mapType(type, (part) => {
        if (part.kind !== 'param') return undefined;
        const variable = fresh.get(part.name) ?? this.#unifier.fresh();
        fresh.set(part.name, variable);
        return variable;
      });
      if (!this.#unifier.assignableAll(overload.args.map(instance), given)) continue;
      fitting.push(overload);
      const type = this.#unifier.resolve(instance(overload.result));
      result = result === undefined || formatType(result) === formatType(type) ? type : DYN;
    }
    if (result === undefined) return this.#noOverload(node.at, node.name, given, node.target !== undefined);
    this.#overloads.set(whole, fitting);
    return result;
  }

  #noOverload(at: number, name: string, args: readonly CelType[], member = false): CelType {
    if (args.some(({ kind }) => kind === 'error')) return ERROR;
    const [target, ...rest] = args.map((arg) => formatType(this.#unifier.resolve(arg)));
    const signature = member ? `${target}.(${rest.join(', ')})` : `(${[target, ...rest].filter((text) => text !== undefined).join(', ')})`;
    return this.#report(at, `found no matching overload for '${name}' applied to '${signature}'`);
  }

  #unwrapped(type: CelType, at: number): CelType {
    if (isOptional(type)) return type.params[0]!;
    if (isDyn(type)) return DYN;
    return this.#noOverload(at, 'hasValue', [type], true);
  }

  /** The type all have in common; literals do not mix. */
  #joined(items: readonly { readonly value: Node; readonly optional: boolean }[]): CelType {
    let common: CelType | undefined;
    for (const { value, optional } of items) common = this.#join(common, this.#entry(value, optional), value.at);
    return common ?? this.#unifier.fresh();
  }

  #entry(value: Node, optional: boolean): CelType {
    const type = this.typeOf(value);
    if (!optional) return type;
    if (isOptional(type)) return type.params[0]!;
    return isDyn(type) ? DYN : this.#report(value.at, `expected type '${formatType(optionalType(type))}' but found '${formatType(type)}'`);
  }

  #join(common: CelType | undefined, next: CelType, at: number): CelType {
    if (!common) return next;
    const known = this.#unifier.resolve(common);
    if (!this.#unifier.assignable(known, next)) return this.#report(at, `expected type '${formatType(known)}' but found '${formatType(this.#unifier.resolve(next))}'`);
    return moreGeneral(next, known) ? next : known;
  }

  #map({ entries }: MapNode): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of entries) {
      keys = this.#join(keys, this.typeOf(key), key.at);
      values = this.#join(values, this.#entry(value, optional), value.at);
    }
    return mapOf(keys ?? this.#unifier.fresh(), values ?? this.#unifier.fresh());
  }

  #struct(node: StructNode): CelType {
    const type = this.#environment.struct(node.name);
    for (const { at, name, value, optional } of node.fields) {
      const given = this.#entry(value, optional);
      const field = type?.field(name);
      if (!type) continue;
      if (!field) this.#report(at, `undefined field '${name}'`);
      else if (!this.#unifier.assignable(field.type, given)) {
        this.#report(at, `expected type of field '${name}' is '${formatType(field.type)}' but provided type is '${formatType(this.#unifier.resolve(given))}'`);
      }
    }
    return type ?? this.#undeclared(node.at, node.name);
  }

  #fold(node: FoldNode): CelType {
    const range = this.typeOf(node.range);
    return this.#within(this.#iteration(node, range), () => {
      const where = node.where && this.typeOf(node.where);
      if (where && !this.#unifier.assignable(BOOL, where)) return this.#noOverload(node.at, '_?_:_', [where, DYN, DYN]);
      switch (node.macro) {
        case 'map':
          return listOf(this.typeOf(node.step));
        case 'filter':
          return this.#filtered(node, range.kind === 'list' ? range.items : range.kind === 'map' ? range.keys : DYN);
        case 'transformMap':
          return mapOf(range.kind === 'map' ? range.keys : range.kind === 'list' ? INT : DYN, this.typeOf(node.step));
        case 'transformMapEntry': {
          const entry = this.typeOf(node.step);
          if (entry.kind === 'map' || isDyn(entry)) return entry;
          return this.#noOverload(node.at, 'cel.@mapInsert', [mapOf(DYN, DYN), entry]);
        }
        default: {
          // The macro stands for a loop, and it is the loop's operator that finds no overload.
          const type = this.typeOf(node.step);
          if (this.#unifier.assignable(BOOL, type)) return BOOL;
          if (node.macro === 'existsOne') return this.#noOverload(node.at, '_?_:_', [type, INT, INT]);
          return this.#noOverload(node.at, node.macro === 'all' ? '_&&_' : '_||_', [BOOL, type]);
        }
      }
    });
  }

  #iteration({ range: node, variables }: FoldNode, range: CelType): readonly (readonly [string, CelType])[] {
    const [first = '', second] = variables;
    const pair = (key: CelType, value: CelType, single: CelType): readonly (readonly [string, CelType])[] =>
      second === undefined ? [[first, single]] : [[first, key], [second, value]];
    if (range.kind === 'list') return pair(INT, range.items, range.items);
    if (range.kind === 'map') return pair(range.keys, range.values, range.keys);
    if (range.kind === 'variable') this.#unifier.assignable(range, DYN);
    else if (!isDyn(range)) this.#report(node.at, `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
    return pair(DYN, DYN, DYN);
  }

  #filtered(node: FoldNode, items: CelType): CelType {
    const type = this.typeOf(node.step);
    return this.#unifier.assignable(BOOL, type) ? listOf(items) : this.#noOverload(node.at, '_?_:_', [type, listOf(items), listOf(items)]);
  }
}
