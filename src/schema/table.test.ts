import { expect, test } from 'vitest';
import type { AnyObject } from '../meta/object.ts';
import { int32, object } from './field.ts';
import { defineKind } from './kind.ts';
import { toTable } from './table.ts';

const Ship = defineKind({
  group: 'test', version: 'v1', kind: 'Ship', plural: 'ships', package: 'api.test.v1', scope: 'Namespaced',
  spec: object('api.test.v1.ShipSpec', { masts: int32() }),
  columns: { Masts: ({ spec }) => spec.masts, Sails: { type: 'integer', cell: () => 3, wide: true } },
  wideColumns: { Crew: () => 'olaf' },
});
const Bare = defineKind({ group: 'test', version: 'v1', kind: 'Bare', plural: 'bares', package: 'api.test.v1', scope: 'Cluster' });
const ship = { apiVersion: 'test/v1', kind: 'Ship', metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: {} } as unknown as AnyObject;

test('a table has the name, the kind\'s columns, then the wide ones', () => {
  const table = toTable(Ship, [ship], { now: 0 });
  expect(table.columnDefinitions.map(({ name, priority, type }) => [name, priority, type])).toEqual([
    ['Name', 0, 'string'], ['Masts', 0, 'string'], ['Sails', 1, 'integer'], ['Crew', 1, 'string'],
  ]);
  expect(table.rows[0]!.cells).toEqual(['a', '<none>', 3, 'olaf']);
});

test('a row carries metadata unless asked for more or less', () => {
  expect(toTable(Ship, [ship], { now: 0 }).rows[0]!.object).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: ship.metadata });
  expect(toTable(Ship, [ship], { now: 0, includeObject: 'Object' }).rows[0]!.object).toBe(ship);
  expect(toTable(Ship, [ship], { now: 0, includeObject: 'None' }).rows[0]).not.toHaveProperty('object');
});

test('a kind without columns shows when its objects were created', () => {
  expect(toTable(Bare, [ship], { now: 0 }).rows[0]!.cells).toEqual(['a', '2026-01-01T00:00:00Z']);
});
