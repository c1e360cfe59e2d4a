/**
 * Functions are declared by a line of text, `string.charAt(int): string`, and what carries them out. Capital letters are any type, the
 * same one wherever they stand in the line.
 */
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, opaque, openObject, STRING, TIMESTAMP, typeOfType, UINT } from './types.ts';

/** Carries a function out. The checker saw to the arguments, or the dispatcher has looked at each; that is why they need not be checked again. */
export type Implementation = (...args: readonly never[]) => unknown;

export interface Overload {
  /** The line it was declared by. */
  readonly id: string;
  readonly name: string;
  /** `a.f(b)`: the target is the first of the arguments. */
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  readonly run: Implementation;
}

/** A library: declarations and what carries them out. */
export type Library = Readonly<Record<string, Implementation>>;

const NAMED: Readonly<Record<string, CelType>> = {
  bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES, null: NULL, timestamp: TIMESTAMP, duration: DURATION, dyn: DYN,
};

/** @throws Error for a line that says nothing: declarations are written by us */
export function overloadOf(line: string, run: Implementation): Overload {
  const match = /^(.*?)\(([^()]*)\): (.+)$/.exec(line);
  if (!match) throw new Error(`no declaration: ${line}`);
  const [, head = '', list = '', result = ''] = match;
  // The last dot outside brackets parts a target from the name, where the target is a type; `sets.contains` has none.
  const dot = head.lastIndexOf('.');
  const target = dot < 0 ? undefined : head.slice(0, dot);
  const member = target !== undefined && (isTypeText(target) || target.includes('<'));
  const texts = [...(member ? [target] : []), ...split(list)];
  return { id: line, name: member ? head.slice(dot + 1) : head, member, args: texts.map(typeOf), result: typeOf(result), run };
}

/** Types of Kubernetes' own libraries carry a dot; namespaces of functions do not. */
const isTypeText = (text: string): boolean => Object.hasOwn(NAMED, text) || /^[A-Z]$/.test(text) || text.includes('.') || text === 'type';

/** At the commas outside brackets. */
function split(list: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= list.length; at++) {
    if (list[at] === '<') depth++;
    if (list[at] === '>') depth--;
    if (at < list.length && (list[at] !== ',' || depth > 0)) continue;
    if (list.slice(from, at).trim() !== '') parts.push(list.slice(from, at).trim());
    from = at + 1;
  }
  return parts;
}

function typeOf(text: string): CelType {
  const generic = /^([\w.]+)<(.*)>$/.exec(text);
  if (generic) {
    const params = split(generic[2]!).map(typeOf);
    if (generic[1] === 'list') return listOf(params[0]!);
    if (generic[1] === 'map') return mapOf(params[0]!, params[1]!);
    return generic[1] === 'type' ? typeOfType(params[0]!) : opaque(generic[1]!, ...params);
  }
  if (Object.hasOwn(NAMED, text)) return NAMED[text]!;
  if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text };
  return text.startsWith('message ') ? openObject(text.slice(8)) : opaque(text);
}
