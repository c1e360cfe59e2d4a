import type { CelType } from './types.ts';

/** An expression as parsed. `at` is where errors about it point, in code units: the operator, the bracket, the first letter. */
export type Node = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | StructNode | FoldNode | BindNode | OptionalMapNode;

interface Place {
  readonly at: number;
}

export interface LiteralNode extends Place {
  readonly kind: 'literal';
  readonly value: unknown;
  readonly type: CelType;
}
export interface IdentNode extends Place {
  readonly kind: 'ident';
  readonly name: string;
}
export interface SelectNode extends Place {
  readonly kind: 'select';
  readonly of: Node;
  readonly field: string;
  /** `has(a.b)`: whether it is there. */
  readonly test: boolean;
  /** `a.?b`. */
  readonly optional: boolean;
}
/** Operators are calls too: `_+_`, `_&&_`, `_?_:_`, `_[_]`. */
export interface CallNode extends Place {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
}
export interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: readonly { readonly value: Node; readonly optional: boolean }[];
}
export interface MapEntry extends Place {
  readonly key: Node;
  readonly value: Node;
  readonly optional: boolean;
}
export interface MapNode extends Place {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}
export interface StructField extends Place {
  readonly name: string;
  readonly value: Node;
  readonly optional: boolean;
}
export interface StructNode extends Place {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly StructField[];
}

export type FoldMacro = 'all' | 'exists' | 'existsOne' | 'map' | 'filter' | 'transformMap' | 'transformMapEntry';

/** A macro over a list or map, kept as what it says instead of as the general loop it stands for. */
export interface FoldNode extends Place {
  readonly kind: 'fold';
  readonly macro: FoldMacro;
  readonly range: Node;
  /** One for items or keys; two for index and item, or key and value. */
  readonly variables: readonly string[];
  /** Only what passes is taken (map, transform*). */
  readonly where: Node | undefined;
  /** The predicate, or what each becomes. */
  readonly step: Node;
}
/** `cel.bind(name, init, body)`. */
export interface BindNode extends Place {
  readonly kind: 'bind';
  readonly name: string;
  readonly init: Node;
  readonly body: Node;
}
/** `target.optMap(name, body)`; flat: the body is an optional itself. */
export interface OptionalMapNode extends Place {
  readonly kind: 'optional-map';
  readonly target: Node;
  readonly name: string;
  readonly body: Node;
  readonly flat: boolean;
}

/** `a.b.c` where the node is nothing but names. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'ident') return node.name;
  if (node.kind !== 'select' || node.test || node.optional) return undefined;
  const before = qualifiedName(node.of);
  return before === undefined ? undefined : `${before}.${node.field}`;
}

/** Every node directly below. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'select':
      return [node.of];
    case 'call':
      return node.target ? [node.target, ...node.args] : node.args;
    case 'list':
      return node.items.map(({ value }) => value);
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return node.fields.map(({ value }) => value);
    case 'fold':
      return [node.range, ...(node.where ? [node.where] : []), node.step];
    case 'bind':
      return [node.init, node.body];
    case 'optional-map':
      return [node.target, node.body];
    default:
      return [];
  }
}
