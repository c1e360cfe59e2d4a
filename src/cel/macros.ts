/** The macros: calls that bind names, known by name, by how they are called and by how many arguments they have. */
import { type FoldMacro, type Node, qualifiedName } from './ast.ts';
import type { Problem } from './source.ts';

interface Call {
  readonly at: number;
  readonly name: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
}

type Report = (problem: Problem) => void;

/** name → by number of arguments: what it is, and how many of the arguments are variables. */
const FOLDS: Readonly<Record<string, Readonly<Record<number, { readonly macro: FoldMacro; readonly variables: 1 | 2; readonly filtered?: true }>>>> = {
  all: { 2: { macro: 'all', variables: 1 }, 3: { macro: 'all', variables: 2 } },
  exists: { 2: { macro: 'exists', variables: 1 }, 3: { macro: 'exists', variables: 2 } },
  exists_one: { 2: { macro: 'existsOne', variables: 1 } },
  existsOne: { 2: { macro: 'existsOne', variables: 1 }, 3: { macro: 'existsOne', variables: 2 } },
  map: { 2: { macro: 'map', variables: 1 }, 3: { macro: 'map', variables: 1, filtered: true } },
  filter: { 2: { macro: 'filter', variables: 1 } },
  transformList: { 3: { macro: 'map', variables: 2 }, 4: { macro: 'map', variables: 2, filtered: true } },
  transformMap: { 3: { macro: 'transformMap', variables: 2 }, 4: { macro: 'transformMap', variables: 2, filtered: true } },
  transformMapEntry: { 3: { macro: 'transformMapEntry', variables: 2 }, 4: { macro: 'transformMapEntry', variables: 2, filtered: true } },
};

/** cel-go's words for a variable that is none, which differ by macro. */
const wordsFor = (macro: FoldMacro): string => (macro === 'map' || macro === 'filter' ? 'argument is not an identifier' : 'argument must be a simple name');

/** What the call stands for where it is a macro's. */
export function expandMacro(call: Call, report: Report): Node | undefined {
  const { at, name, target, args } = call;
  if (!target) return name === 'has' && args.length === 1 ? presence(args[0]!, at, report) : undefined;
  if (name === 'bind' && args.length === 3 && qualifiedName(target) === 'cel') return binding(call, report);
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) return optional(call, target, report);
  const fold = FOLDS[name]?.[args.length];
  if (!Object.hasOwn(FOLDS, name) || !fold) return undefined;
  const variables = args.slice(0, fold.variables).map((arg) => {
    if (arg.kind === 'ident') return arg.name;
    report({ at: arg.at, message: wordsFor(fold.macro) });
    return '';
  });
  if (variables.length === 2 && variables[0] === variables[1]) report({ at: args[1]!.at, message: 'duplicate variable name: ' + variables[0]! });
  return { kind: 'fold', at, macro: fold.macro, range: target, variables, where: fold.filtered ? args.at(-2) : undefined, step: args.at(-1)! };
}

function presence(arg: Node, at: number, report: Report): Node {
  if (arg.kind === 'select' && !arg.optional) return { ...arg, at, test: true };
  report({ at: arg.at, message: 'invalid argument to has() macro' });
  return arg;
}

function binding({ at, args: [name, init, body] }: Call, report: Report): Node {
  if (name!.kind !== 'ident') report({ at: name!.at, message: 'cel.bind() variable names must be simple identifiers' });
  return { kind: 'bind', at, name: name!.kind === 'ident' ? name!.name : '', init: init!, body: body! };
}

function optional({ at, name: macro, args: [name, body] }: Call, target: Node, report: Report): Node {
  if (name!.kind !== 'ident') report({ at: name!.at, message: `${macro}() variable name must be a simple identifier` });
  return { kind: 'optional-map', at, target, name: name!.kind === 'ident' ? name!.name : '', body: body!, flat: macro === 'optFlatMap' };
}
