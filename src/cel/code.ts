/** Turns a checked expression into nested functions: what can be decided beforehand is decided here, once. */
import type { ListNode, MapNode, Node, SelectNode, StructNode } from './ast.ts';
import { callCode } from './call-code.ts';
import type { Checked } from './checker.ts';
import { converterFor } from './convert.ts';
import { foldCode } from './fold-code.ts';
import { charge, type Code } from './frame.ts';
import { noSuchOverload } from './arithmetic.ts';
import type { CelType } from './types.ts';
import { typeNamed } from './type-names.ts';
import { CelMap, CelObject, EvaluationError, isList, keyOf, lift, mapOfEntries, Message, NONE, Optional, optionalOf, TypeValue, Uint } from './values.ts';

export function codeOf(checked: Checked): Code {
  return new Coder(checked).code(checked.root);
}

/** A bound value nobody has asked for yet. */
const UNSET = Symbol('unset');

export class Coder {
  readonly checked: Checked;
  /** Names to slots, the innermost last; what `cel.bind` binds is computed when first asked for. */
  readonly #scopes: { readonly name: string; readonly slot: number; readonly init?: Code }[] = [];
  #slots = 0;

  constructor(checked: Checked) {
    this.checked = checked;
  }

  /** Compiles with one more name in scope. */
  within<T>(name: string, work: (slot: number) => T, init?: Code): T {
    const slot = this.#slots++;
    this.#scopes.push(init ? { name, slot, init } : { name, slot });
    const result = work(slot);
    this.#scopes.pop();
    return result;
  }

  code(node: Node): Code {
    const { checked } = this;
    const named = checked.typeNamed(node);
    if (named !== undefined) return typeCode(named);
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'ident':
        return this.#ident(node.name, checked.typeOf(node));
      case 'select':
        return this.#select(node);
      case 'call':
        return callCode(this, node);
      case 'list':
        return this.#list(node);
      case 'map':
        return this.#map(node);
      case 'struct':
        return this.#struct(node);
      case 'fold':
        return foldCode(this, node);
      case 'bind': {
        const init = this.code(node.init);
        return this.within(node.name, (slot) => {
          const body = this.code(node.body);
          return (frame) => {
            charge(frame, 10);
            frame.locals[slot] = UNSET;
            return body(frame);
          };
        }, init);
      }
      case 'optional-map': {
        const target = this.code(node.target);
        const { flat } = node;
        return this.within(node.name, (slot) => {
          const body = this.code(node.body);
          return (frame) => {
            const optional = target(frame);
            charge(frame, 2);
            if (!(optional instanceof Optional)) throw noSuchOverload();
            if (optional.value === undefined) return NONE;
            frame.locals[slot] = optional.value;
            const value = body(frame);
            charge(frame, 10);
            if (!flat) return optionalOf(lift(value));
            if (value instanceof Optional) return value;
            throw noSuchOverload();
          };
        });
      }
    }
  }

  #ident(name: string, type: CelType): Code {
    const local = this.#scopes.findLast((scope) => scope.name === name);
    if (!local) {
      const convert = converterFor(type);
      return (frame) => {
        charge(frame, 1);
        const value = frame.bindings[name];
        if (value === undefined) throw new EvaluationError(`no such attribute(s): ${name}`);
        return convert ? convert(value) : lift(value);
      };
    }
    const { slot, init } = local;
    if (!init) {
      return (frame) => {
        charge(frame, 1);
        return frame.locals[slot];
      };
    }
    return (frame) => {
      charge(frame, 1);
      if (frame.locals[slot] === UNSET) frame.locals[slot] = lift(init(frame));
      return frame.locals[slot];
    };
  }

  #select(node: SelectNode): Code {
    const dotted = this.checked.variableNamed(node);
    if (dotted !== undefined) return this.#ident(dotted, this.checked.typeOf(node));
    const of = this.code(node.of);
    const property = this.checked.fieldOf(node)?.property ?? node.field;
    const convert = converterFor(this.checked.typeOf(node));
    if (node.test) {
      return (frame) => {
        const object = of(frame);
        const found = selected(object instanceof Optional ? object.value : object, property);
        return found !== undefined;
      };
    }
    const { field, optional } = node;
    return (frame) => {
      const object = of(frame);
      charge(frame, 1);
      if (optional || object instanceof Optional) {
        const inner = object instanceof Optional ? object.value : object;
        const found = inner === undefined || inner === null ? undefined : selected(inner, property);
        return found === undefined ? NONE : found instanceof Optional ? found : optionalOf(lift(found));
      }
      const value = selected(object, property);
      if (value === undefined) throw new EvaluationError(`no such key: ${field}`);
      return convert ? convert(value) : lift(value);
    };
  }

  #list({ items }: ListNode): Code {
    const codes = items.map(({ value, optional }) => ({ code: this.code(value), optional }));
    const some = items.some(({ optional }) => optional);
    return (frame) => {
      const list: unknown[] = [];
      for (const { code, optional } of codes) {
        const value = code(frame);
        if (!some || !optional) list.push(value);
        else if (!(value instanceof Optional)) throw noSuchOverload();
        else if (value.value !== undefined) list.push(value.value);
      }
      charge(frame, 10);
      return list;
    };
  }

  #map({ entries }: MapNode): Code {
    const codes = entries.map(({ key, value, optional }) => ({ key: this.code(key), value: this.code(value), optional }));
    return (frame) => {
      const made: [unknown, unknown][] = [];
      const seen = new Set<unknown>();
      for (const { key: keyCode, value: valueCode, optional } of codes) {
        const key = keyCode(frame);
        const value = valueCode(frame);
        if (typeof key === 'object' && !(key instanceof Uint)) throw new EvaluationError('unsupported key type');
        const shared = keyOf(key);
        if (seen.has(shared)) throw new EvaluationError('Failed with repeated key');
        seen.add(shared);
        if (!optional) made.push([key, value]);
        else if (!(value instanceof Optional)) throw noSuchOverload();
        else if (value.value !== undefined) made.push([key, value.value]);
      }
      charge(frame, 30);
      return mapOfEntries(made);
    };
  }

  #struct(node: StructNode): Code {
    const type = this.checked.typeOf(node);
    const codes = node.fields.map(({ name, value, optional }) => ({ name, code: this.code(value), optional }));
    const { name: typeName } = node;
    return (frame) => {
      const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
      for (const { name, code, optional } of codes) {
        const value = code(frame);
        if (!optional) fields[name] = value;
        else if (value instanceof Optional && value.value !== undefined) fields[name] = value.value;
      }
      charge(frame, 40);
      return new Message(type, typeName, fields);
    };
  }
}

function typeCode(name: string): Code {
  const type = typeNamed(name)!;
  const value = new TypeValue(type.kind === 'null' ? 'null_type' : name);
  return (frame) => {
    charge(frame, 1);
    return value;
  };
}

/** A field's value, undefined where there is none. @throws EvaluationError for what has no fields */
export function selected(object: unknown, field: string): unknown {
  if (typeof object !== 'object' || object === null) throw noSuchOverload();
  if (object instanceof CelObject) {
    if (object instanceof CelMap) return object.entries.get(field)?.value;
    if (object.select) return object.select(field);
    throw noSuchOverload();
  }
  if (isList(object) || object instanceof Uint8Array) throw noSuchOverload();
  return Object.hasOwn(object, field) ? (object as Readonly<Record<string, unknown>>)[field] : undefined;
}
