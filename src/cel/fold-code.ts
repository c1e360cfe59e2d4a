/** The macros over lists and maps. An item whose predicate fails is forgiven where another decides. */
import type { FoldNode } from './ast.ts';
import type { Coder } from './code.ts';
import { converterFor } from './convert.ts';
import { charge, type Code, type Frame } from './frame.ts';
import { noSuchOverload } from './arithmetic.ts';
import { type CelMap, EvaluationError, isList, isMap, lift, mapGet, mapKeys, mapOfEntries } from './values.ts';

/** Sets the macro's variables for each item and calls `visit`, until that answers true. */
type Iterate = (frame: Frame, visit: (key: unknown) => boolean) => void;

export function foldCode(coder: Coder, node: FoldNode): Code {
  const range = coder.code(node.range);
  const [first = '', second] = node.variables;
  return coder.within(first, (slot) => {
    const rest = (other: number | undefined): Code => {
      const where = node.where && coder.code(node.where);
      const step = coder.code(node.step);
      const iterate = iteration(coder, node, { range, slot, other });
      return folding(node, { iterate, step, where, slot });
    };
    return second === undefined ? rest(undefined) : coder.within(second, rest);
  });
}

function iteration(coder: Coder, node: FoldNode, { range, slot, other }: { readonly range: Code; readonly slot: number; readonly other: number | undefined }): Iterate {
  const type = coder.checked.typeOf(node.range);
  const convert = converterFor(type.kind === 'list' ? type.items : type.kind === 'map' && other !== undefined ? type.values : type) ?? lift;
  return (frame, visit) => {
    const { locals } = frame;
    const over = range(frame);
    if (isList(over)) {
      for (let at = 0; at < over.length; at++) {
        const item = convert(over[at]);
        if (other === undefined) locals[slot] = item;
        else {
          locals[slot] = at;
          locals[other] = item;
        }
        if (visit(other === undefined ? item : at)) return;
      }
    } else if (isMap(over)) {
      for (const key of mapKeys(over)) {
        locals[slot] = key;
        if (other !== undefined) locals[other] = convert(mapGet(over, key));
        if (visit(key)) return;
      }
    } else throw noSuchOverload();
  };
}

interface Parts {
  readonly iterate: Iterate;
  readonly step: Code;
  readonly where: Code | undefined;
  readonly slot: number;
}

function folding({ macro }: FoldNode, parts: Parts): Code {
  switch (macro) {
    case 'all':
      return deciding(parts, false);
    case 'exists':
      return deciding(parts, true);
    case 'existsOne':
      return counting(parts);
    case 'map':
      return collecting(parts, ({ step }, frame, into) => into.push(lift(step(frame))));
    case 'filter':
      return collecting({ ...parts, where: parts.step }, ({ slot }, frame, into) => into.push(frame.locals[slot]));
    case 'transformMap':
    case 'transformMapEntry':
      return mapping(parts, macro === 'transformMapEntry');
  }
}

/** `all` is decided by one false, `exists` by one true. */
function deciding({ iterate, step }: Parts, by: boolean): Code {
  const each = by ? 4 : 3;
  return (frame) => {
    let failure: EvaluationError | undefined;
    let decided = false;
    iterate(frame, () => {
      charge(frame, each);
      try {
        const value = step(frame);
        if (typeof value !== 'boolean') throw noSuchOverload();
        decided = value === by;
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        failure ??= error;
      }
      return decided;
    });
    charge(frame, 1);
    if (decided) return by;
    if (failure) throw failure;
    return !by;
  };
}

function counting({ iterate, step }: Parts): Code {
  return (frame) => {
    let count = 0;
    iterate(frame, () => {
      const value = step(frame);
      if (typeof value !== 'boolean') throw noSuchOverload();
      charge(frame, value ? 2 : 1);
      if (value) count++;
      return false;
    });
    charge(frame, 2);
    return count === 1;
  };
}

/** Whether the item is taken. */
function taken(where: Code | undefined, frame: Frame): boolean {
  if (!where) return true;
  const wanted = where(frame);
  if (typeof wanted !== 'boolean') throw noSuchOverload();
  if (!wanted) charge(frame, 1);
  return wanted;
}

function collecting(parts: Parts, take: (parts: Parts, frame: Frame, into: unknown[]) => void): Code {
  return (frame) => {
    const result: unknown[] = [];
    parts.iterate(frame, () => {
      if (!taken(parts.where, frame)) return false;
      take(parts, frame, result);
      charge(frame, 12);
      return false;
    });
    charge(frame, 11);
    return result;
  };
}

function mapping({ iterate, step, where }: Parts, whole: boolean): Code {
  return (frame) => {
    const entries: [unknown, unknown][] = [];
    const seen = new Set<unknown>();
    const put = (key: unknown, value: unknown) => {
      if (seen.has(key)) throw new EvaluationError(`insert failed: key ${String(key)} already exists`);
      seen.add(key);
      entries.push([key, value]);
    };
    iterate(frame, (key) => {
      if (!taken(where, frame)) return false;
      const value = lift(step(frame));
      charge(frame, 3);
      if (!whole) put(key, value);
      else if (!isMap(value)) throw noSuchOverload();
      else for (const one of mapKeys(value)) put(one, mapGet(value as CelMap, one));
      return false;
    });
    charge(frame, 31);
    return mapOfEntries(entries);
  };
}
