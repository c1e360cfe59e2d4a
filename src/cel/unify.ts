import { type CelType, isDyn, mapType, type VariableType } from './types.ts';

/** Kinds a null may stand in for. */
const NULLABLE = new Set(['null', 'object', 'opaque', 'timestamp', 'duration']);

/** What the type variables of one expression stand for, as far as it is known: which type may be given where which is wanted. */
export class Unifier {
  readonly #bound = new Map<number, CelType>();
  /** What was bound before, for attempts that fail: the last change last. */
  readonly #undo: (readonly [id: number, before: CelType | undefined])[] = [];
  #next = 0;

  fresh(): VariableType {
    return { kind: 'variable', id: this.#next++ };
  }

  /** Whether `given` may stand where `wanted` is asked for; type variables are bound accordingly, or left as they were. */
  assignable(wanted: CelType, given: CelType): boolean {
    return this.assignableAll([wanted], [given]);
  }

  assignableAll(wanted: readonly CelType[], given: readonly CelType[]): boolean {
    if (wanted.length !== given.length) return false;
    this.#undo.length = 0;
    if (wanted.every((type, at) => this.#fits(type, given[at]!))) return true;
    for (const [id, before] of this.#undo.toReversed()) {
      if (before) this.#bound.set(id, before);
      else this.#bound.delete(id);
    }
    return false;
  }

  #bind(id: number, type: CelType): void {
    this.#undo.push([id, this.#bound.get(id)]);
    this.#bound.set(id, type);
  }

  /** The type with its variables replaced by what they stand for; `dyn` for those nothing is known of, if `final`. */
  resolve(type: CelType, final = false): CelType {
    return mapType(type, (part) => {
      if (part.kind !== 'variable') return undefined;
      const bound = this.#bound.get(part.id);
      if (bound) return this.resolve(bound, final);
      return final ? { kind: 'dyn' } : part;
    });
  }

  #fits(wanted: CelType, given: CelType): boolean {
    if (wanted.kind === 'variable' && given.kind === 'variable' && wanted.id === given.id) return true;
    if (given.kind === 'variable') return this.#fitsVariable(given, wanted, (bound) => this.#fits(wanted, bound));
    if (wanted.kind === 'variable') return this.#fitsVariable(wanted, given, (bound) => this.#fits(bound, given));
    if (isDyn(wanted) || isDyn(given)) return true;
    if (wanted.kind === 'null') return NULLABLE.has(given.kind);
    if (given.kind === 'null') return NULLABLE.has(wanted.kind);
    switch (wanted.kind) {
      case 'list':
        return given.kind === 'list' && this.#fits(wanted.items, given.items);
      case 'map':
        return given.kind === 'map' && this.#fits(wanted.keys, given.keys) && this.#fits(wanted.values, given.values);
      case 'object':
        return given.kind === 'object' && wanted.name === given.name;
      case 'opaque':
        return given.kind === 'opaque' && wanted.name === given.name && wanted.params.every((param, at) => this.#fits(param, given.params[at]!));
      default:
        return wanted.kind === given.kind;
    }
  }

  #fitsVariable(variable: VariableType, other: CelType, fits: (bound: CelType) => boolean): boolean {
    const bound = this.#bound.get(variable.id);
    if (!bound) {
      if (this.#mentions(other, variable.id)) return false;
      this.#bind(variable.id, other);
      return true;
    }
    if (!fits(bound)) return false;
    if (moreGeneral(other, bound) && !this.#mentions(other, variable.id)) this.#bind(variable.id, other);
    return true;
  }

  #mentions(type: CelType, id: number): boolean {
    switch (type.kind) {
      case 'variable': {
        if (type.id === id) return true;
        const bound = this.#bound.get(type.id);
        return bound !== undefined && this.#mentions(bound, id);
      }
      case 'list':
        return this.#mentions(type.items, id);
      case 'map':
        return this.#mentions(type.keys, id) || this.#mentions(type.values, id);
      case 'opaque':
        return type.params.some((param) => this.#mentions(param, id));
      case 'type':
        return this.#mentions(type.of, id);
      default:
        return false;
    }
  }
}

/** Whether `a` says no more than `b` does, both fitting. */
export function moreGeneral(a: CelType, b: CelType): boolean {
  if (a.kind === 'dyn' || a.kind === 'variable') return true;
  if (b.kind === 'dyn' || b.kind === 'variable' || a.kind !== b.kind) return false;
  if (a.kind === 'list' && b.kind === 'list') return moreGeneral(a.items, b.items);
  if (a.kind === 'map' && b.kind === 'map') return moreGeneral(a.keys, b.keys) && moreGeneral(a.values, b.values);
  if (a.kind === 'opaque' && b.kind === 'opaque') return a.name === b.name && a.params.every((param, at) => moreGeneral(param, b.params[at]!));
  return true;
}
