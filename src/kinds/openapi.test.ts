/**
 * The kinds against the published OpenAPI document and protobuf definitions of v1.36, where they lie beside the repository:
 * every field, type, requirement, list type, key and field number, in both directions.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ObjectNode, SchemaNode } from '../schema/node.ts';
import { builtinKinds } from './index.ts';

interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly required?: readonly string[];
  readonly items?: Definition;
  readonly additionalProperties?: Definition;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
}

const root = join(import.meta.dirname, '..', '..');
const directory = ['..', '../..'].map((up) => join(root, up, 'shared', 'upstream')).find((path) => existsSync(join(path, 'openapi-v1.36.json')));
const read = <T>(file: string): T => JSON.parse(readFileSync(join(directory!, file), 'utf8')) as T;

/** Shapes that are no objects of ours: one scalar each. */
const SCALARS: Readonly<Record<string, SchemaNode['type']>> = {
  'apimachinery.pkg.api.resource.Quantity': 'quantity',
  'apimachinery.pkg.util.intstr.IntOrString': 'intOrString',
  'apimachinery.pkg.apis.meta.v1.Time': 'time',
  'apimachinery.pkg.apis.meta.v1.MicroTime': 'microTime',
  'apimachinery.pkg.apis.meta.v1.Duration': 'duration',
};
const IN_JSON = { string: 'string', bytes: 'string', int32: 'integer', int64: 'integer', double: 'number', boolean: 'boolean', list: 'array', map: 'object' } as const;
const short = (ref: string): string => ref.slice('#/definitions/io.k8s.'.length);
const resolved = (node: SchemaNode): SchemaNode => (node.type === 'lazy' ? resolved(node.resolve()) : node);

/** How a node would be written in the document: `array<map<string>>`, or the name it refers to. */
function shapeOf(given: SchemaNode): string {
  const node = resolved(given);
  if (node.type === 'object') return node.name ?? 'anonymous';
  if (node.type === 'list') return `array<${shapeOf(node.items)}>`;
  if (node.type === 'map') return `map<${shapeOf(node.values)}>`;
  if (node.type === 'any') return node.name ?? 'any';
  const reference = Object.entries(SCALARS).find(([, type]) => type === node.type);
  if (reference) return reference[0];
  const format = { bytes: 'byte', int32: 'int32', int64: 'int64', double: 'double' }[node.type as string];
  return `${IN_JSON[node.type as keyof typeof IN_JSON]}${format ? `:${format}` : ''}`;
}

function publishedShape(definition: Definition): string {
  if (typeof definition.$ref === 'string') return short(definition.$ref);
  if (definition.type === 'array') return `array<${publishedShape(definition.items!)}>`;
  if (definition.type === 'object') return `map<${publishedShape(definition.additionalProperties!)}>`;
  return `${definition.type ?? 'any'}${definition.format ? `:${definition.format}` : ''}`;
}

/** List types and patch directives; a list without a type is replaced as a whole. */
function mergingOf(node: SchemaNode): string {
  if (node.type === 'list') {
    const merge = node.merge ? ` merge(${node.merge.key})${node.merge.retainKeys ? ' retainKeys' : ''}` : '';
    return `${node.listType}${node.listType === 'map' ? `(${node.keys.join(',')})` : ''}${merge}`;
  }
  if (node.type === 'object') return [node.patchStrategy].filter(Boolean).join(' ');
  return node.type === 'map' && node.atomic ? 'atomic' : '';
}

function publishedMerging(definition: Definition): string {
  const strategy = definition['x-kubernetes-patch-strategy'] ?? '';
  if (definition.type === 'array') {
    const type = definition['x-kubernetes-list-type'] ?? 'atomic';
    const keys = type === 'map' ? `(${definition['x-kubernetes-list-map-keys']!.join(',')})` : '';
    const merge = strategy.includes('merge') ? ` merge(${definition['x-kubernetes-patch-merge-key'] ?? ''})${strategy.includes('retainKeys') ? ' retainKeys' : ''}` : '';
    return `${type}${keys}${merge}`;
  }
  if (definition.additionalProperties) return definition['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : '';
  return strategy;
}

/** Every named object reachable from the kinds. */
function objects(): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>();
  const visit = (given: SchemaNode): void => {
    const node = resolved(given);
    if (node.type === 'list') return visit(node.items);
    if (node.type === 'map') return visit(node.values);
    if (node.type !== 'object' || found.has(node.name!)) return;
    found.set(node.name!, node);
    Object.values(node.fields).forEach(visit);
  };
  for (const { schema } of builtinKinds) visit(schema);
  return found;
}

describe.skipIf(directory === undefined)('against the published API (skipped where shared/upstream is not beside the repository)', () => {
  const definitions = directory === undefined ? {} : read<{ definitions: Record<string, Definition> }>('openapi-v1.36.json').definitions;
  const messages = directory === undefined ? {} : read<Record<string, Record<string, [number, string]>>>('protobuf-v1.36.json');

  test('every kind of a GA version is declared, and no other', () => {
    const published = Object.values(definitions).flatMap((one) => one['x-kubernetes-group-version-kind'] ?? [])
      .filter(({ version, kind }) => /^v\d+$/.test(version) && !/List$|^(DeleteOptions|WatchEvent|Status|API(Group|Versions))$/.test(kind))
      .map(({ group, version, kind }) => `${group}/${version}/${kind}`);
    const ours = builtinKinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`);
    expect(ours.toSorted()).toEqual([...new Set(published)].toSorted());
  });

  test('every object has the published fields, and no other', () => {
    const differences: string[] = [];
    for (const [name, node] of objects()) {
      const { properties = {}, required = [], 'x-kubernetes-map-type': mapType } = definitions[`io.k8s.${name}`] ?? {};
      const say = (field: string, ours: unknown, theirs: unknown) => ours !== theirs && differences.push(`${name}.${field}: ${String(ours)} | ${String(theirs)}`);
      say('(map type)', (node.atomic ?? false) || (node.granular ?? false), mapType === 'atomic');
      for (const field of new Set([...Object.keys(properties), ...Object.keys(node.fields)])) {
        const [ours, theirs] = [node.fields[field], properties[field]];
        say(field, ours !== undefined, theirs !== undefined);
        if (!ours || !theirs) continue;
        say(field, shapeOf(ours), publishedShape(theirs));
        say(field, ours.required ?? false, required.includes(field));
        say(field, mergingOf(resolved(ours)), publishedMerging(theirs));
      }
    }
    expect(differences).toEqual([]);
  });

  test('every field has its protobuf number', () => {
    const differences: string[] = [];
    for (const [name, node] of objects()) {
      const message = messages[`k8s.io.${name.replaceAll('-', '_')}`] ?? {};
      const numbers = new Map(Object.entries(message).map(([field, [number]]) => [spelling(field), number]));
      const embedded = new Set(Object.values(node.fields).flatMap(({ within }) => within?.slice(0, 1) ?? []));
      for (const [field, { tag, within }] of Object.entries(node.fields)) {
        if (within || (tag === undefined && (field === 'apiVersion' || field === 'kind'))) continue;
        if (numbers.get(spelling(field)) !== tag) differences.push(`${name}.${field}: ${tag} | ${numbers.get(spelling(field))}`);
      }
      const ours = new Set(Object.entries(node.fields).map(([field]) => spelling(field)));
      for (const [field, number] of numbers) if (!ours.has(field) && !embedded.has(number)) differences.push(`${name}.${field}: missing | ${number}`);
    }
    expect(differences).toEqual([]);
  });
});

/** JSON and protobuf spell some names apart: `x-kubernetes-list-type`, `xKubernetesListType`; `uid`, `uID`. */
const spelling = (field: string): string => field.replaceAll(/[-$]/g, '').toLowerCase();
