import { expect, test } from 'vitest';
import { CustomResourceDefinition } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const NAMED = { metadata: { name: 'wheels.example.com' } };
const names = { plural: 'wheels', kind: 'Wheel' };
const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
const spec = { group: 'example.com', scope: 'Namespaced', names, versions: [version] };
const of = (more: object, metadata: object = NAMED.metadata) => errorsOf(CustomResourceDefinition, { metadata, spec: { ...spec, ...more } });
const withSchema = (openAPIV3Schema: object, more: object = {}) =>
  of({ versions: [{ ...version, schema: { openAPIV3Schema }, ...more }] }).map((text) => text.replace('spec.validation.openAPIV3Schema', '$'));
const AT = '$.properties[a]';
const field = (schema: object) => withSchema({ type: 'object', properties: { a: schema } });

test('a definition is named after its plural and group, its kind in the usual forms', () => {
  expect(of({})).toEqual([]);
  expect(of({}, { name: 'wheels' })).toEqual(['metadata.name: Invalid value: "wheels": must be spec.names.plural+"."+spec.group']);
  expect(of({ group: 'example', scope: 'World' }, { name: 'wheels.example' })).toEqual([
    'spec.group: Invalid value: "example": should be a domain with at least one dot', 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"',
  ]);
  expect(of({ names: { ...names, singular: 'a', kind: 'A b', listKind: 'A b', shortNames: ['W'] } }).map((text) => text.slice(0, 70))).toEqual([
    'spec.names.kind: Invalid value: "A b": may have mixed case, but should otherwise'.slice(0, 70),
    'spec.names.listKind: Invalid value: "A b": may have mixed case, but should otherwise'.slice(0, 70),
    'spec.names.shortNames[0]: Invalid value: "W": a DNS-1035 label must consist of'.slice(0, 70),
    'spec.names.listKind: Invalid value: "A b": kind and listKind may not be the same'.slice(0, 70),
  ]);
});

test('names, conversion and the stored version are filled in', () => {
  const definition = accepted(CustomResourceDefinition, { ...NAMED, spec });
  expect(definition.spec).toMatchObject({ names: { ...names, singular: 'wheel', listKind: 'WheelList' }, conversion: { strategy: 'None' } });
  expect(CustomResourceDefinition.prepareForCreate!(definition).status.storedVersions).toEqual(['v1']);
});

test('one version is stored, each has its own name and a schema', () => {
  expect(of({ versions: [version, { ...version, name: 'v1', storage: true }, { name: 'V2', served: true, storage: false }] }).map((text) => text.slice(0, 70))).toEqual([
    'spec.versions[2].schema.openAPIV3Schema: Required value',
    'spec.versions[2].name: Invalid value: "V2": a DNS-1035 label must consist of lower case',
    'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Sch',
    'spec.versions: Invalid value: [{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Sch',
  ].map((text) => text.slice(0, 70)));
  expect(of({ versions: [{ ...version, deprecationWarning: 'x' }] })).toEqual(['spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions']);
});

test('a version that was stored stays until it is said to be gone', () => {
  const old = { ...NAMED, spec, status: { storedVersions: ['v0', 'v1'], conditions: [{ type: 'Established', status: 'True' }] } };
  expect(errorsOf(CustomResourceDefinition, { ...old, spec: { ...spec, scope: 'Cluster', names: { ...names, kind: 'Tyre' } } }, old)).toEqual([
    'spec.scope: Invalid value: "Cluster": field is immutable', 'spec.names.kind: Invalid value: "Tyre": field is immutable',
    'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v0 and removes v0 from status.storedVersions',
  ]);
});

test.each([
  [{ type: 'array' }, [`${AT}.items: Required value: must be specified`]],
  [{}, [`${AT}.type: Required value: must not be empty for specified object fields`]],
  [{ type: 'array', items: {} }, [`${AT}.items.type: Required value: must not be empty for specified array items`]],
  [{ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, []],
  [{ type: 'string', allOf: [{ type: 'string', description: 'x' }] }, [
    `${AT}.allOf[0].description: Forbidden: must be empty to be structural`, `${AT}.allOf[0].type: Forbidden: must be empty to be structural`,
  ]],
  [{ type: 'object', 'x-kubernetes-embedded-resource': true }, [
    `${AT}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
  ]],
  [{ type: 'string', pattern: '(' }, [`${AT}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``]],
  [{ type: 'text' }, [`${AT}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`]],
  [{ type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } }, [`${AT}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`]],
  [{ type: 'array', items: [{ type: 'string' }] }, [`${AT}.items: Forbidden: items must be a schema object and not an array`]],
  [{ type: 'string', $ref: '#/x' }, [`${AT}.$ref: Forbidden: $ref is not supported`]],
  [{ type: 'array', uniqueItems: true, items: { type: 'string' } }, [`${AT}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`]],
  [{ type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object', properties: { k: { type: 'string' } } }, 'x-kubernetes-list-map-keys': ['k', 'l'] }, [
    `${AT}.x-kubernetes-list-map-keys: Invalid value: ["k","l"]: entries must all be names of item properties`,
    `${AT}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ]],
  [{ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } }, [`${AT}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`]],
  [{ type: 'string', 'x-kubernetes-map-type': 'other' }, [
    `${AT}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`, `${AT}.x-kubernetes-map-type: Unsupported value: "other": supported values: "atomic", "granular"`,
  ]],
  [{ type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }, { rule: 'true', message: 'a\nb', reason: 'Tired', fieldPath: '.b' }] }, [
    `${AT}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
    `${AT}.x-kubernetes-validations[1].message: Invalid value: "a\\nb": message must not contain line breaks`,
    `${AT}.x-kubernetes-validations[1].reason: Unsupported value: "Tired": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    `${AT}.x-kubernetes-validations[1].fieldPath: Invalid value: ".b": fieldPath must be a valid path`,
  ]],
])('a field of schema %j', (schema, expected) => {
  expect(field(schema)).toEqual(expected);
});

test('the root is an object, with little said of its metadata', () => {
  expect(withSchema({ type: 'string', additionalProperties: true })).toEqual(['$.additionalProperties: Forbidden: must not be used at the root', '$.type: Invalid value: "string": must be object at the root']);
  expect(withSchema({ type: 'object', anyOf: [{ properties: { b: { minimum: 1 } } }] })).toEqual(['$.properties[b]: Required value: because it is defined in $.anyOf[0].properties[b]'.replace(/in \$/, 'in spec.validation.openAPIV3Schema')]);
  const meta = (metadata: object) => withSchema({ type: 'object', properties: { metadata } });
  expect(meta({ type: 'object', properties: { name: { type: 'string', maxLength: 5 } } })).toEqual([]);
  expect(meta({ type: 'object', properties: { labels: { type: 'object' } } })).toEqual(['$.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified']);
  expect(withSchema({ type: 'object', not: {}, nullable: true }, { subresources: { status: {} } }).map((text) => text.slice(0, 60))).toEqual([
    '$: Invalid value: {"type":"object","not":{},"nullable":true}: only [Description'.slice(0, 60), '$.nullable: Forbidden: nullable cannot be true at the root'.slice(0, 60),
  ]);
});

test('where versions differ, each is spoken of by its place', () => {
  const other = { ...version, name: 'v2', storage: false, schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } } };
  expect(of({ versions: [version, other] })).toEqual(['spec.versions[1].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields']);
});

test('columns, scale and selectable fields point somewhere', () => {
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { color: { type: 'string' }, size: { type: 'number' } } } } };
  expect(withSchema(schema, {
    additionalPrinterColumns: [{ name: 'a', type: 'text', jsonPath: 'x' }],
    subresources: { scale: { specReplicasPath: '.status.x', statusReplicasPath: 'status', labelSelectorPath: '.meta.x' } },
    selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.color' }, { jsonPath: '.spec.size' }, { jsonPath: '.spec.weight' }],
  })).toEqual([
    'spec.subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a json path under .spec',
    'spec.subresources.scale.statusReplicasPath: Invalid value: "status": must be a simple json path starting with .',
    'spec.subresources.scale.labelSelectorPath: Invalid value: ".meta.x": should be a json path under either .spec or .status',
    'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
    'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .',
    'spec.selectableFields[1].jsonPath: Duplicate value: ".spec.color"',
    'spec.selectableFields[2].jsonPath: Invalid value: ".spec.size": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    'spec.selectableFields[3].jsonPath: Invalid value: ".spec.weight": is an invalid path: does not refer to a valid field',
  ]);
});

test('a webhook converts only where it is asked to', () => {
  expect(of({ conversion: { strategy: 'Webhook' } })).toEqual([
    'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook', 'spec.conversion.conversionReviewVersions: Required value',
  ]);
  const webhook = { clientConfig: { url: 'https://x/y' }, conversionReviewVersions: ['v9'] };
  expect(of({ conversion: { strategy: 'Webhook', webhook } })).toEqual(['spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1']);
  expect(of({ conversion: { strategy: 'None', webhook } })).toEqual([
    'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
    'spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook',
  ]);
});

test('groups of Kubernetes itself need an approval', () => {
  const protectedGroup = (annotation?: string) => of({ group: 'x.k8s.io' }, { name: 'wheels.x.k8s.io', annotations: annotation ? { 'api-approved.kubernetes.io': annotation } : {} });
  expect(protectedGroup('https://github.com/kubernetes/kubernetes/pull/1')).toEqual([]);
  expect(protectedGroup('unapproved, a test')).toEqual([]);
  expect(protectedGroup()).toEqual([
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
  ]);
});

test('formats that nobody checks are warned of', () => {
  const definition = (format: string) => accepted(CustomResourceDefinition, { ...NAMED, spec: { ...spec, versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string', format } } } } }] } });
  expect(CustomResourceDefinition.warnings!(definition('colour'), undefined)).toEqual(['unrecognized format "colour"']);
  expect(CustomResourceDefinition.warnings!(definition('colour'), definition('colour'))).toEqual([]);
  expect(CustomResourceDefinition.warnings!(definition('date-time'), undefined)).toEqual([]);
});

test('a definition without names is told of each that is missing', () => {
  expect(errorsOf(CustomResourceDefinition, { spec: {} }).filter((one) => one.startsWith('spec.names'))).toEqual(
    ['plural', 'singular', 'kind', 'listKind'].map((name) => `spec.names.${name}: Required value`));
});

test('who changes a definition need not mend what was wrong with its schema before', () => {
  const status = { conditions: [], storedVersions: ['v1'] };
  const wrong = (more: object) => ({ ...NAMED, status, spec: { ...spec, versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'array' }, ...more } } } }] } });
  const change = (more: object) => errorsOf(CustomResourceDefinition, wrong(more), wrong({}));
  expect(change({ b: { type: 'string' } })).toEqual([]);
  expect(change({ b: { type: 'array' } })).toEqual(['spec.validation.openAPIV3Schema.properties[b].items: Required value: must be specified']);
});
