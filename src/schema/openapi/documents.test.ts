import { expect, test } from 'vitest';
import { any, int32, intOrString, list, map, object, oneOf, quantity, string, time } from '../field.ts';
import { defineKind } from '../kind.ts';
import { type Described, openApiV2, openApiV3, type Piece } from './documents.ts';
import { rootsOf } from './roots.ts';

const Scale = defineKind({ group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', package: 'api.autoscaling.v1', scope: 'Namespaced', verbs: [] });
const Ship = defineKind({
  group: 'sea.k8s.io', version: 'v1', kind: 'Ship', plural: 'ships', package: 'api.sea.v1', scope: 'Namespaced', description: 'A ship.',
  scale: { spec: '.spec.masts', status: '.status.masts' },
  spec: object('api.sea.v1.ShipSpec', {
    masts: int32().default(1),
    mode: oneOf('Sail', 'Row').required().describe('How it moves.'),
    parts: list(object('api.sea.v1.Part', { name: string().required(), size: quantity() })).keyedBy('name'),
    holds: map(intOrString()),
    since: time().describe('When it was built.'),
    extra: any('apimachinery.pkg.runtime.RawExtension'),
  }),
  status: object('api.sea.v1.ShipStatus', { masts: int32() }),
});
const Some = object('apimachinery.pkg.apis.meta.v1.Some', { kind: string() }).node;
const shapes: Described['shapes'] = {
  APIGroup: Some, APIGroupList: Some, APIResourceList: Some, APIVersions: Some, DeleteOptions: Some, ListMeta: Some, Patch: Some, Status: Some, VersionInfo: Some, WatchEvent: Some,
};
const described: Described = { kinds: [Ship, Scale], shapes, version: 'unversioned', optionsOf: () => ({ answersDeleted: false, numbered: true }) };
const inSections = (pieces: Iterable<Piece>) => {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const { section, name, value } of pieces) (sections[section] ??= {})[name] = value;
  return sections as unknown as Tree;
};
const v2 = inSections(openApiV2(described));
const v3 = inSections(openApiV3(rootsOf([Ship]).find(({ path }) => path === 'apis/sea.k8s.io/v1')!, described));

/** Documents are read here as a client reads them: untyped. */
interface Tree { readonly [key: string]: Tree }

test('a kind is defined with its identity, its parts by reference', () => {
  expect(v2.definitions!['io.k8s.api.sea.v1.Ship']).toMatchObject({
    type: 'object', description: 'A ship.', properties: { spec: { $ref: '#/definitions/io.k8s.api.sea.v1.ShipSpec' } },
    'x-kubernetes-group-version-kind': [{ group: 'sea.k8s.io', version: 'v1', kind: 'Ship' }],
  });
  expect(v2.definitions!['io.k8s.api.sea.v1.ShipList']).toMatchObject({ required: ['items'] });
});

test('v2 writes lists, maps and scalars as Swagger has them', () => {
  expect(v2.definitions!['io.k8s.api.sea.v1.ShipSpec']).toEqual({
    type: 'object',
    required: ['mode'],
    properties: {
      extra: { $ref: '#/definitions/io.k8s.apimachinery.pkg.runtime.RawExtension' },
      holds: { type: 'object', additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString' } },
      masts: { type: 'integer', format: 'int32' },
      mode: { type: 'string', description: 'How it moves.' },
      parts: {
        type: 'array', items: { $ref: '#/definitions/io.k8s.api.sea.v1.Part' }, 'x-kubernetes-list-map-keys': ['name'], 'x-kubernetes-list-type': 'map',
        'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge',
      },
      since: { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time', description: 'When it was built.' },
    },
  });
});

test('v3 lets nothing stand beside a reference and states defaults', () => {
  const properties = v3.definitions!['io.k8s.api.sea.v1.ShipSpec']!.properties!;
  expect(properties.since).toEqual({ description: 'When it was built.', allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time' }] });
  expect(properties.masts).toEqual({ type: 'integer', format: 'int32', default: 1 });
  expect(v3.definitions!['io.k8s.apimachinery.pkg.api.resource.Quantity']).toMatchObject({ oneOf: [{ type: 'string' }, { type: 'number' }] });
});

test('paths carry what kubectl looks for: the kind, dryRun and fieldValidation on PATCH', () => {
  const patch = v2.paths!['/apis/sea.k8s.io/v1/namespaces/{namespace}/ships/{name}']!.patch!;
  expect(patch).toMatchObject({
    operationId: 'patchSeaV1NamespacedShip', tags: ['sea_v1'], 'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group: 'sea.k8s.io', version: 'v1', kind: 'Ship' },
  });
  expect((patch.parameters as unknown as { name?: string; $ref?: string }[]).map(({ name, $ref }) => name ?? $ref)).toEqual(
    ['body', 'dryRun', '#/parameters/fieldManager', 'fieldValidation', '#/parameters/force']);
  expect(Object.keys(v3.paths!).toSorted()).toEqual([
    '/apis/sea.k8s.io/v1/', '/apis/sea.k8s.io/v1/namespaces/{namespace}/ships', '/apis/sea.k8s.io/v1/namespaces/{namespace}/ships/{name}',
    '/apis/sea.k8s.io/v1/namespaces/{namespace}/ships/{name}/scale', '/apis/sea.k8s.io/v1/namespaces/{namespace}/ships/{name}/status',
    '/apis/sea.k8s.io/v1/ships', '/apis/sea.k8s.io/v1/watch/namespaces/{namespace}/ships', '/apis/sea.k8s.io/v1/watch/namespaces/{namespace}/ships/{name}',
    '/apis/sea.k8s.io/v1/watch/ships',
  ]);
});

test('every reference leads to a definition', () => {
  for (const [document, prefix, known] of [[v2, '#/definitions/', v2.definitions!], [v3, '#/components/schemas/', v3.definitions!]] as const) {
    const wanted = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]!).filter((ref) => !ref.startsWith('#/parameters/')).map((ref) => ref.slice(prefix.length));
    expect(wanted.filter((name) => !(name in known))).toEqual([]);
  }
});
