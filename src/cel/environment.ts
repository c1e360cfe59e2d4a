import { libraries } from './libraries/all.ts';
import { type Overload, overloadOf } from './signature.ts';
import { typeNamed } from './type-names.ts';
import type { CelType, ObjectType } from './types.ts';

/** What an expression may speak of. */
export interface Environment {
  variable(name: string): CelType | undefined;
  functions(name: string): readonly Overload[];
  /** A message type that `Name{…}` constructs. */
  struct(name: string): ObjectType | undefined;
  typeNamed(name: string): CelType | undefined;
}

let table: ReadonlyMap<string, readonly Overload[]> | undefined;

/** Every function there is, by name; made when the first expression is compiled. */
function functions(): ReadonlyMap<string, readonly Overload[]> {
  if (table) return table;
  const made = new Map<string, Overload[]>();
  for (const library of libraries) {
    for (const [line, run] of Object.entries(library)) {
      const overload = overloadOf(line, run);
      const others = made.get(overload.name);
      if (others) others.push(overload);
      else made.set(overload.name, [overload]);
    }
  }
  table = made;
  return made;
}

export type Variables = Readonly<Record<string, CelType>>;

export function environmentOf(variables: Variables, struct: (name: string) => ObjectType | undefined = () => undefined): Environment {
  const known = functions();
  return {
    variable: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    functions: (name) => known.get(name) ?? [],
    struct,
    typeNamed,
  };
}
