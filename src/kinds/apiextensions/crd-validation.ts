/** CustomResourceDefinitions: names, versions, conversion, and the schemas (see schema-validation.ts). */
import { duplicate, type FieldError, type FieldPath, forbidden, invalid, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { dns1035LabelProblems, dnsSubdomainProblems } from '../../meta/names.ts';
import { clientConfigErrors } from '../admissionregistration/client-config.ts';
import { type Errors, immutable } from '../checks.ts';
import { ruleErrors } from './cel-validation.ts';
import type {
  CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinitionNames, CustomResourceDefinitionSpec, CustomResourceDefinitionStatus,
  CustomResourceDefinitionVersion, CustomResourceSubresources, CustomResourceValidation, SelectableField,
} from './custom-resource-definition.ts';
import { defaultErrors } from './default-validation.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';
import { findField, surveyOf } from './schema-walk.ts';
import { schemaErrors } from './schema-validation.ts';
import { structuralErrors } from './structural-validation.ts';
import { type Shared, sharedParts } from './shared-parts.ts';

export interface DefinitionLike {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: CustomResourceDefinitionSpec;
  readonly status: CustomResourceDefinitionStatus;
}

export function* definitionErrors(definition: DefinitionLike, old: DefinitionLike | undefined, root: FieldPath): Errors {
  const { spec, status } = definition;
  const at = root.child('spec');
  if (!old && definition.metadata.name !== `${spec.names.plural}.${spec.group}`) {
    yield invalid(root.child('metadata').child('name'), definition.metadata.name, 'must be spec.names.plural+"."+spec.group');
  }
  yield* specErrors(spec, old, at);
  if (old) yield* changeErrors(spec, old, at);
  yield* acceptedNamesErrors(status, root.child('status'));
  yield* storedVersionsErrors(status.storedVersions ?? [], spec.versions, root.child('status').child('storedVersions'));
  yield* approvalErrors(definition, old, root.child('metadata').child('annotations').key(APPROVED));
  if (spec.preserveUnknownFields && !old?.spec.preserveUnknownFields) {
    yield invalid(at.child('preserveUnknownFields'), true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead');
  }
}

export function* acceptedNamesErrors({ acceptedNames }: CustomResourceDefinitionStatus, at: FieldPath): Errors {
  if (acceptedNames) yield* namesErrors(acceptedNames, at.child('acceptedNames'));
}

const isEstablished = ({ status }: DefinitionLike): boolean => (status.conditions ?? []).some(({ type, status: is }) => type === 'Established' && is === 'True');

/** What the storage depends on stays; the name in paths and the group always do. */
function* changeErrors(spec: CustomResourceDefinitionSpec, old: DefinitionLike, at: FieldPath): Errors {
  if (isEstablished(old)) {
    yield* immutable(at.child('scope'), spec.scope === old.spec.scope, spec.scope);
    yield* immutable(at.child('names').child('kind'), spec.names.kind === old.spec.names.kind, spec.names.kind);
  }
  yield* immutable(at.child('group'), spec.group === old.spec.group, spec.group);
  yield* immutable(at.child('names').child('plural'), spec.names.plural === old.spec.names.plural, spec.names.plural);
}

function* specErrors(spec: CustomResourceDefinitionSpec, old: DefinitionLike | undefined, at: FieldPath): Errors {
  const { group, scope, versions, names } = spec;
  yield* groupErrors(group, at.child('group'));
  if (!scope) yield required(at.child('scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced') yield notSupported(at.child('scope'), scope, ['Cluster', 'Namespaced']);
  const complete = !old || old.spec.versions.every(({ schema }) => schema?.openAPIV3Schema);
  for (const [index, { schema }] of versions.entries()) {
    if (complete && !schema?.openAPIV3Schema) yield required(at.child('versions').index(index).child('schema').child('openAPIV3Schema'));
  }
  const shared = sharedParts(versions);
  const before = (name?: string) => old?.spec.versions.find((one) => name === undefined || one.name === name)?.schema?.openAPIV3Schema;
  for (const [index, version] of versions.entries()) yield* versionErrors(version, { ...shared, before: before(version.name) }, at.child('versions').index(index));
  if (new Set(versions.map(({ name }) => name)).size < versions.length) yield invalid(at.child('versions'), versions, 'must contain unique version names');
  if (versions.filter(({ storage }) => storage).length !== 1) yield invalid(at.child('versions'), versions, 'must have exactly one version marked as storage version');
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) if (!names[field]) yield required(at.child('names').child(field));
  yield* namesErrors(names, at.child('names'));
  yield* partsErrors({ ...shared, before: before(), schemaAt: at.child('validation'), root: shared.schema, withoutSchema: 'may only be set when validations.schema is included' }, at);
  if (spec.conversion) yield* conversionErrors(spec.conversion, old?.spec.conversion, at.child('conversion'));
}

function* groupErrors(group: string, at: FieldPath): Errors {
  const problems = dnsSubdomainProblems(group);
  if (!group) yield required(at);
  else if (problems.length > 0) yield invalid(at, group, problems.join(','));
  else if (!group.includes('.')) yield invalid(at, group, 'should be a domain with at least one dot');
}

/** A part that all versions share is spoken of once, at the spec's own level, as before there were versions. */
function* versionErrors(version: CustomResourceDefinitionVersion, shared: Shared & Pick<Parts, 'before'>, at: FieldPath): Errors {
  const problems = dns1035LabelProblems(version.name);
  if (problems.length > 0) yield invalid(at.child('name'), version.name, problems.join(','));
  yield* deprecationErrors(version, at.child('deprecationWarning'));
  const own = {
    schema: shared.schema ? undefined : version.schema, subresources: shared.subresources ? undefined : version.subresources,
    columns: shared.columns ? undefined : version.additionalPrinterColumns, selectable: shared.selectable ? undefined : version.selectableFields,
    hasStatus: version.subresources?.status !== undefined, before: shared.before,
  };
  yield* partsErrors({ ...own, schemaAt: at.child('schema'), root: version.schema, withoutSchema: 'may only be set when `version.schema.openAPIV3Schema` is not included' }, at);
}

interface Parts extends Shared {
  readonly schemaAt: FieldPath;
  /** The schema that is stored: what was wrong with it may stay. */
  readonly before: JSONSchemaProps | undefined;
  /** Said of selectable fields without a schema. */
  readonly withoutSchema: string;
  /** The schema that selectable fields are looked up in. */
  readonly root: CustomResourceValidation | undefined;
}

function* partsErrors({ schema, before, subresources, columns = [], selectable = [], hasStatus, schemaAt, root, withoutSchema }: Parts, at: FieldPath): Errors {
  if (schema) {
    const here = schemaAt.child('openAPIV3Schema');
    yield* newErrors([...versionSchemaErrors(schema, hasStatus, here)], before && (() => versionSchemaErrors({ openAPIV3Schema: before }, hasStatus, here)));
  }
  if (subresources) yield* subresourcesErrors(subresources, at.child('subresources'));
  for (const [index, column] of columns.entries()) yield* columnErrors(column, at.child('additionalPrinterColumns').index(index));
  if (selectable.length > 0) {
    const here = at.child('selectableFields');
    if (root?.openAPIV3Schema) yield* selectableErrors(selectable, root.openAPIV3Schema, here);
    else yield invalid(here, '', withoutSchema);
  }
}

/** Definitions outlive the rules they were checked by: who changes one need not mend what was wrong with it before. */
function newErrors(errors: readonly FieldError[], before: (() => Errors) | undefined): readonly FieldError[] {
  if (errors.length === 0 || !before) return errors;
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`;
  const known = new Set([...before()].map(text));
  return errors.filter((error) => !known.has(text(error)));
}

function* deprecationErrors({ deprecated, deprecationWarning: warning }: CustomResourceDefinitionVersion, at: FieldPath): Errors {
  if (warning === undefined) return;
  if (!deprecated) return void (yield invalid(at, warning, 'can only be set for deprecated versions'));
  if (warning.length > 256) yield invalid(at, warning, 'must be <= 256 characters long');
  if (warning === '') yield invalid(at, warning, 'must not be an empty string');
  const position = warning.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (position >= 0) yield invalid(at, warning, `must only contain printable UTF-8 characters; non-printable character found at index ${position}`);
}

const AT_ROOT: Readonly<Record<string, string>> = {
  description: 'Description', type: 'Type', format: 'Format', title: 'Title', maximum: 'Maximum', exclusiveMaximum: 'ExclusiveMaximum', minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum', maxLength: 'MaxLength', minLength: 'MinLength', pattern: 'Pattern', maxItems: 'MaxItems', minItems: 'MinItems',
  uniqueItems: 'UniqueItems', multipleOf: 'MultipleOf', required: 'Required', items: 'Items', properties: 'Properties', externalDocs: 'ExternalDocs',
  example: 'Example', 'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields', 'x-kubernetes-validations': 'XValidations',
};

function* versionSchemaErrors({ openAPIV3Schema: schema }: CustomResourceValidation, hasStatus: boolean, at: FieldPath): Errors {
  if (!schema) return;
  if (hasStatus) {
    const stray = Object.keys(schema).find((field) => !Object.hasOwn(AT_ROOT, field));
    if (schema.type !== undefined && schema.type !== 'object') {
      yield invalid(at.child('type'), schema.type, 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled');
    } else if (stray !== undefined) {
      yield invalid(at, schema, `only [${Object.values(AT_ROOT).join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`);
    }
  }
  if (schema.nullable) yield forbidden(at.child('nullable'), 'nullable cannot be true at the root');
  const wrong = [...(isUnderstood(schema) ? structuralErrors(schema, at) : []), ...schemaErrors(schema, at)];
  yield* wrong;
  // What is not sound itself cannot be compiled, nor be what its defaults are held against.
  if (wrong.length > 0 || !isUnderstood(schema)) return;
  const survey = surveyOf(schema);
  if (survey.leads(schema, 'rules')) yield* ruleErrors(schema, at);
  if (survey.leads(schema, 'defaults')) yield* defaultErrors(schema, at);
}

/** Parts of JSON Schema that Kubernetes does not support are said to be so, and no more is asked of such a schema. */
function isUnderstood(schema: JSONSchemaProps): boolean {
  return surveyOf(schema).having('alien').every((one) =>
    !(one.id || one.$schema || one.$ref || one.patternProperties || one.dependencies || one.additionalItems !== undefined || one.definitions)
    && !Array.isArray(one.items) && one['x-kubernetes-preserve-unknown-fields'] !== false);
}

function* namesErrors({ plural, singular = '', kind, listKind = '', shortNames = [], categories = [] }: CustomResourceDefinitionNames, at: FieldPath): Errors {
  const label = function* (field: string, value: string, { mixedCase = false } = {}): Errors {
    const problems = value === '' ? [] : dns1035LabelProblems(mixedCase ? value.toLowerCase() : value);
    if (problems.length > 0) yield invalid(at.child(field), value, `${mixedCase ? 'may have mixed case, but should otherwise match: ' : ''}${problems.join(',')}`);
  };
  yield* label('plural', plural);
  yield* label('singular', singular);
  yield* label('kind', kind, { mixedCase: true });
  yield* label('listKind', listKind, { mixedCase: true });
  yield* labelsErrors(shortNames, at.child('shortNames'));
  if (kind && kind === listKind) yield invalid(at.child('listKind'), listKind, 'kind and listKind may not be the same');
  yield* labelsErrors(categories, at.child('categories'));
}

function* labelsErrors(labels: readonly string[], at: FieldPath): Errors {
  for (const [index, label] of labels.entries()) {
    const problems = dns1035LabelProblems(label);
    if (problems.length > 0) yield invalid(at.index(index), label, problems.join(','));
  }
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function* columnErrors({ name, type, format, jsonPath }: CustomResourceColumnDefinition, at: FieldPath): Errors {
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!name) yield required(at.child('name'));
  if (!type) yield required(at.child('type'), types);
  else if (!COLUMN_TYPES.includes(type)) yield invalid(at.child('type'), type, types);
  if (format && !COLUMN_FORMATS.includes(format)) yield invalid(at.child('format'), format, `must be one of ${COLUMN_FORMATS.join(',')}`);
  if (!jsonPath) yield required(at.child('JSONPath'));
  else if (!jsonPath.startsWith('.')) yield invalid(at.child('JSONPath'), jsonPath, 'must be a simple json path starting with .');
}

function* subresourcesErrors({ scale }: CustomResourceSubresources, at: FieldPath): Errors {
  if (!scale) return;
  const path = function* (field: string, value: string | undefined, parts: readonly string[]): Errors {
    const here = at.child('scale').child(field);
    if (!value) yield required(here);
    else if (!value.startsWith('.')) yield invalid(here, value, 'must be a simple json path starting with .');
    else if (!parts.some((part) => value.startsWith(`${part}.`))) yield invalid(here, value, `should be a json path under ${parts.length > 1 ? 'either ' : ''}${parts.join(' or ')}`);
  };
  yield* path('specReplicasPath', scale.specReplicasPath, ['.spec']);
  yield* path('statusReplicasPath', scale.statusReplicasPath, ['.status']);
  if (scale.labelSelectorPath) yield* path('labelSelectorPath', scale.labelSelectorPath, ['.spec', '.status']);
}

const MOST_SELECTABLE = 8;

function* selectableErrors(fields: readonly SelectableField[], schema: JSONSchemaProps, at: FieldPath): Errors {
  const paths = new Set<string>();
  for (const [index, { jsonPath }] of fields.entries()) {
    const here = at.index(index).child('jsonPath');
    if (!jsonPath) {
      yield required(here);
      continue;
    }
    const found = findField(jsonPath, schema, { brackets: false });
    if ('problem' in found) {
      yield invalid(here, jsonPath, `is an invalid path: ${found.problem}`);
      continue;
    }
    if (found.path[0] === 'metadata') yield invalid(here, jsonPath, 'must not point to fields in metadata');
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      yield invalid(here, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.');
    }
    const path = JSON.stringify(found.path);
    if (paths.has(path)) yield duplicate(here, jsonPath);
    paths.add(path);
  }
  if (paths.size > MOST_SELECTABLE) yield tooMany(at, paths.size, MOST_SELECTABLE);
}

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const isKnown = (version: string): boolean => REVIEW_VERSIONS.includes(version);

/** In the words of the former version, which kept the webhook's parts beside the strategy. */
function* conversionErrors({ strategy, webhook }: CustomResourceConversion, old: CustomResourceConversion | undefined, at: FieldPath): Errors {
  const [config, versions] = [at.child('webhookClientConfig'), at.child('conversionReviewVersions')];
  if (!strategy) yield required(at.child('strategy'));
  else if (strategy !== 'None' && strategy !== 'Webhook') yield notSupported(at.child('strategy'), strategy, ['None', 'Webhook']);
  if (strategy !== 'Webhook') {
    if (webhook?.clientConfig) yield forbidden(config, 'should not be set when strategy is not set to Webhook');
    if (webhook?.conversionReviewVersions.length) yield forbidden(versions, 'should not be set when strategy is not set to Webhook');
    return;
  }
  if (!webhook?.clientConfig) yield required(config, 'required when strategy is set to Webhook');
  else yield* clientConfigErrors(webhook.clientConfig, config);
  const before = old?.webhook?.conversionReviewVersions ?? [];
  yield* reviewVersionsErrors(webhook?.conversionReviewVersions ?? [], before.length === 0 || before.some(isKnown), versions);
}

function* reviewVersionsErrors(versions: readonly string[], strict: boolean, at: FieldPath): Errors {
  if (versions.length === 0) return void (yield required(at));
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) yield invalid(at.index(index), version, 'duplicate version');
    else for (const problem of dns1035LabelProblems(version)) yield invalid(at.index(index), version, problem);
  }
  if (strict && !versions.some(isKnown)) yield invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`);
}

function* storedVersionsErrors(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[], at: FieldPath): Errors {
  if (stored.length === 0) return void (yield invalid(at, stored, 'must have at least one stored version'));
  for (const { name, storage } of versions) if (storage && !stored.includes(name)) yield invalid(at, stored, `must have the storage version ${name}`);
  for (const [index, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue;
    yield invalid(at.index(index), name, `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`);
  }
}

const APPROVED = 'api-approved.kubernetes.io';
const MORE = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** Kubernetes' own groups take an approved API, or the word that it is not. */
function* approvalErrors({ spec: { group }, metadata }: DefinitionLike, old: DefinitionLike | undefined, at: FieldPath): Errors {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return;
  const [state, before] = [approvalOf(metadata.annotations?.[APPROVED]), old && approvalOf(old.metadata.annotations?.[APPROVED])];
  if (state === before || state === 'approved' || state === 'bypassed') return;
  const must = `protected groups must have approval annotation "${APPROVED}"`;
  if (state === 'missing') yield required(at, `${must}, ${MORE}`);
  else yield invalid(at, metadata.annotations?.[APPROVED], `${must} with either a URL or a reason starting with "unapproved", ${MORE}`);
}

function approvalOf(annotation: string | undefined): 'missing' | 'bypassed' | 'approved' | 'invalid' {
  if (!annotation) return 'missing';
  if (annotation.startsWith('unapproved')) return 'bypassed';
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s]+\S*$/.test(annotation) ? 'approved' : 'invalid';
}
