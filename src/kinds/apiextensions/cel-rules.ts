/** The x-kubernetes-validations of a schema, compiled. See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules */
import { compileExpression, type Program } from '../../cel/compile.ts';
import { BOOL, optionalType, STRING } from '../../cel/types.ts';
import { type Declared, declare } from './cel-types.ts';
import type { JSONSchemaProps, ValidationRule } from './json-schema-props.ts';
import { asSchema, findField } from './schema-walk.ts';

/** One rule; without a program where it does not compile. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: Program | undefined;
  /** Why it does not compile. */
  readonly problem: string | undefined;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
  readonly usesOld: boolean;
  /** Where below the value the error stands: `.spec.replicas` as steps. */
  readonly path: readonly string[];
}

/** The rules of a schema and of those below that have any. */
export interface RuleTree {
  readonly schema: JSONSchemaProps;
  readonly rules: readonly CompiledRule[];
  readonly items: RuleTree | undefined;
  readonly values: RuleTree | undefined;
  readonly properties: ReadonlyMap<string, RuleTree>;
}

/** undefined where there are no rules. Compiled once for each schema. */
export function ruleTreeOf(schema: JSONSchemaProps, isResource = true): RuleTree | undefined {
  const known = trees.get(schema);
  if (known) return known.tree;
  const tree = build(schema, isResource);
  trees.set(schema, { tree });
  return tree;
}

const trees = new WeakMap<JSONSchemaProps, { readonly tree: RuleTree | undefined }>();

function build(schema: JSONSchemaProps, isResource: boolean): RuleTree | undefined {
  const below = (one: JSONSchemaProps | undefined): RuleTree | undefined => (one ? ruleTreeOf(one, one['x-kubernetes-embedded-resource'] === true) : undefined);
  const items = below(asSchema(schema.items));
  const values = below(asSchema(schema.additionalProperties));
  const properties = new Map(Object.entries(schema.properties ?? {}).flatMap(([name, one]): [string, RuleTree][] => {
    const tree = below(one);
    return tree ? [[name, tree]] : [];
  }));
  const declared = schema['x-kubernetes-validations']?.length ? declare(schema, isResource) : undefined;
  const rules = declared ? compileRules(schema, declared) : [];
  return rules.length > 0 || items || values || properties.size > 0 ? { schema, rules, items, values, properties } : undefined;
}

const compiled = new WeakMap<JSONSchemaProps, readonly CompiledRule[]>();

/** Compiled once: when a definition is written, and then for its objects. */
export function compileRules(schema: JSONSchemaProps, declared: Declared): readonly CompiledRule[] {
  let rules = compiled.get(schema);
  if (!rules) compiled.set(schema, (rules = (schema['x-kubernetes-validations'] ?? []).map((rule) => compileRule(rule, schema, declared))));
  return rules;
}

function compileRule(rule: ValidationRule, schema: JSONSchemaProps, { type }: Declared): CompiledRule {
  const variables = { self: type, oldSelf: rule.optionalOldSelf ? optionalType(type) : type };
  const expression = compileExpression(rule.rule, { variables, returns: [BOOL] });
  const message = rule.messageExpression ? compileExpression(rule.messageExpression, { variables, returns: [STRING] }) : undefined;
  const found = rule.fieldPath ? findField(rule.fieldPath, schema) : undefined;
  return {
    rule,
    program: expression.ok ? expression.program : undefined,
    problem: expression.ok ? undefined : expression.reason.replace(/^must evaluate to .*/, 'cel expression must evaluate to a bool'),
    message: message?.ok ? message.program : undefined,
    messageProblem: !message || message.ok ? undefined : `messageExpression ${message.reason.replace(/^must evaluate to .*/, 'must evaluate to a string')}`,
    usesOld: expression.ok && expression.program.uses('oldSelf'),
    path: found && 'path' in found ? found.path : [],
  };
}
