/** Defaults are values of their schemas: pruned, and valid. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, invalid } from '../../meta/field-error.ts';
import { canonicalize } from '../../schema/decode.ts';
import { checkJson } from '../../schema/json/check.ts';
import { compileStructural } from '../../schema/json/compile.ts';
import { listErrors } from '../../schema/json/list-rules.ts';
import type { Errors } from '../checks.ts';
import { ruleTreeOf } from './cel-rules.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { defaultRuleErrors } from './rule-evaluation.ts';
import { asSchema, type Survey, surveyOf } from './schema-walk.ts';

/** @param schema structural */
export const defaultErrors = (schema: JSONSchemaProps, at: FieldPath): Errors => walk(schema, surveyOf(schema), at);

function* walk(schema: JSONSchemaProps, survey: Survey, at: FieldPath): Errors {
  if (!survey.leads(schema, 'defaults')) return;
  const items = asSchema(schema.items);
  const values = asSchema(schema.additionalProperties);
  if (schema.default !== undefined && schema.default !== null) yield* oneError(schema, at.child('default'));
  if (items) yield* walk(items, survey, at.child('items'));
  if (values) yield* walk(values, survey, at.child('additionalProperties'));
  for (const [name, one] of Object.entries(schema.properties ?? {})) if (survey.leads(one, 'defaults')) yield* walk(one, survey, at.child('properties').key(name));
}

function* oneError(schema: JSONSchemaProps, at: FieldPath): Errors {
  const { default: value } = schema;
  if (!deepEqual(canonicalize(compileStructural(schema), value).value, value)) return void (yield invalid(at, value, 'must be pruned'));
  const wrong = [...checkJson(schema, value), ...listErrors(schema, value)];
  const rules = wrong.length === 0 ? ruleTreeOf(schema, schema['x-kubernetes-embedded-resource'] === true) : undefined;
  if (rules) yield* defaultRuleErrors(rules, value, at);
  for (const { reason, field, message } of wrong) {
    yield { reason, message, field: (field === '<nil>' || field === '' ? at : at.child(field)).toString() };
  }
}
