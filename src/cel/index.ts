/**
 * Kubernetes' CEL: text to a checked, costed program, and programs to values. `compile.ts` is the door; `types.ts` declares variables.
 *
 *   source → lexer → parser (+ macros) → checker → cost estimate → closures → value | error
 *
 * In: expressions and the types of their variables; plain JSON objects, read where they are and never copied. Out: values, costs, and
 * errors in upstream's words. It knows the schema DSL (to type a kind's objects), and no kinds, no requests, no stores. The language:
 * github.com/google/cel-spec; what Kubernetes adds: kubernetes.io/docs/reference/using-api/cel.
 */
export { compileExpression, type Compiled, type CompileOptions } from './compile.ts';
export type { CelType } from './types.ts';
