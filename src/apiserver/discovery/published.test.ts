/**
 * The documents this server writes against the one published for v1.36, where that lies beside the repository: paths, operations, parameters,
 * bodies, media types and definitions, in both directions. Left out by rule: group versions that are not GA, and what alpha feature gates add
 * to the rest (CBOR, sharded lists).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const file = ['..', '../..'].map((up) => join(root, up, 'shared', 'upstream', 'openapi-v1.36.json')).find(existsSync);

const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options'];
const isAlphaGate = (name: string): boolean => /cbor|^shardSelector$/.test(name);
/** A group all of whose versions are left out is left out itself. */
const groupsServed = (paths: Json): ReadonlySet<string> => new Set(Object.keys(paths).flatMap((path) => /^\/apis\/([^/]+)\/v\d+\/$/.exec(path)?.[1] ?? []));
function isGa(path: string, groups: ReadonlySet<string>): boolean {
  const [, group, version] = /^\/apis\/([^/]+)\/([^/]*)/.exec(path) ?? [];
  return group === undefined || (groups.has(group) && (version === '' || /^v\d+$/.test(version!)));
}

const shapeOf = (schema: Json): string => (schema === undefined ? '' : schema.$ref?.replace('#/components/schemas/', '').replace('#/definitions/', '') ?? `${schema.type}`);
const types = (list: readonly string[] | undefined): string => (list ?? []).filter((type) => !isAlphaGate(type)).toSorted().join(' ');

/** Both documents' operations in one notation: a line for each thing that can differ. */
function operationsOf(document: Json): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  const groups = groupsServed(document.paths);
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    if (!isGa(path, groups)) continue;
    const whole = parametersOf(document, item.parameters);
    lines.set(`${path} parameters`, whole.join(' '));
    for (const method of METHODS.filter((one) => one in item)) {
      const operation = item[method];
      const { group, version, kind } = operation['x-kubernetes-group-version-kind'] ?? {};
      const say = (what: string, text: string) => lines.set(`${method.toUpperCase()} ${path} ${what}`, text);
      say('id', operation.operationId);
      say('action', `${operation['x-kubernetes-action']} ${group}/${version} ${kind}`);
      say('tags', `${operation.tags} ${operation.schemes}`);
      say('consumes', types(operation.consumes));
      say('produces', types(operation.produces));
      say('parameters', parametersOf(document, operation.parameters).join(' '));
      say('answers', Object.entries<Json>(operation.responses).map(([code, { description, schema }]) => `${code} ${description} ${shapeOf(schema)}`).join(', '));
    }
  }
  return lines;
}

function parametersOf(document: Json, given: readonly Json[] = []): readonly string[] {
  return given.map((one) => (one.$ref ? document.parameters[one.$ref.slice('#/parameters/'.length)] : one))
    .filter(({ name }) => !isAlphaGate(name))
    .map(({ in: at, name, type, required, uniqueItems, schema }) => `${at}:${name}:${type ?? shapeOf(schema)}${required ? '!' : ''}${uniqueItems ? '' : '*'}`)
    .toSorted();
}

/** What is reached from the operations that count. */
function definitionsOf(document: Json): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    const parameter = typeof value.$ref === 'string' ? /^#\/parameters\/(.*)/.exec(value.$ref) : null;
    if (parameter) visit(document.parameters[parameter[1]!]);
    const name = typeof value.$ref === 'string' && value.$ref.startsWith('#/definitions/') ? (value.$ref as string).slice('#/definitions/'.length) : undefined;
    if (name !== undefined && !found.has(name)) {
      found.set(name, document.definitions[name]);
      visit(document.definitions[name]);
    }
    Object.values(value).forEach(visit);
  };
  const groups = groupsServed(document.paths);
  for (const [path, item] of Object.entries<Json>(document.paths)) if (isGa(path, groups)) visit(item);
  return found;
}

/** A schema without its prose, and without what only one of the two says: atomic lists are the rule, bounds are ours. */
function bare(value: Json, groups: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((one) => bare(one, groups));
  if (typeof value !== 'object' || value === null) return value;
  const { description: _, default: __, minimum: ___, maximum: ____, ...rest } = value;
  return Object.fromEntries(Object.entries<Json>(rest).flatMap(([key, one]) => {
    if (key === 'x-kubernetes-group-version-kind') return [[key, gvks(one, groups)]];
    if (key === 'x-kubernetes-list-type' && one === 'atomic') return [];
    if (key === 'properties') return [[key, Object.fromEntries(Object.entries<Json>(one).map(([name, schema]) => [name, bare(schema, groups)]))]];
    return [[key, key === 'required' ? one.toSorted() : bare(one, groups)]];
  }));
}

const gvks = (list: readonly Json[], groups: ReadonlySet<string>): readonly string[] =>
  list.filter(({ group, version }) => (group === '' || groups.has(group)) && /^v\d+$/.test(version)).map(({ group, version, kind }) => `${group}/${version}/${kind}`).toSorted();

function differences(ours: ReadonlyMap<string, unknown>, theirs: ReadonlyMap<string, unknown>): readonly string[] {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted();
  return names.flatMap((name) => {
    const [one, other] = [ours.get(name), theirs.get(name)].map((value) => JSON.stringify(value, (_, inner: Json) => inner));
    return one === other ? [] : [`${name}: ${one} | ${other}`];
  });
}

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries<Json>(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
};

describe.skipIf(file === undefined)('against the published document (skipped where shared/upstream is not beside the repository)', () => {
  let api: TestApi;
  let ours: Json;
  let theirs: Json;
  beforeAll(async () => {
    api = await startApi();
    ours = (await api.request('GET', '/openapi/v2')).body;
    theirs = JSON.parse(readFileSync(file!, 'utf8'));
  });
  afterAll(() => api?.[Symbol.asyncDispose]());

  test('/openapi/v2 has the published operations, and no other', () => {
    const [mine, published] = [operationsOf(ours), operationsOf(theirs)];
    expect([...published.keys()].filter((line) => line.endsWith(' id')).length).toBeGreaterThan(700);
    expect(differences(mine, published)).toEqual([]);
  });

  test('/openapi/v2 has the published definitions, and no other', () => {
    const groups = groupsServed(theirs.paths);
    const plain = (document: Json) => new Map([...definitionsOf(document)].map(([name, schema]) => [name, sorted(bare(schema, groups))]));
    expect(differences(plain(ours), plain(theirs))).toEqual([]);
    expect(Object.keys(ours.definitions).toSorted()).toEqual([...definitionsOf(ours).keys()].toSorted());
  });

  test('the documents of /openapi/v3 together say what /openapi/v2 says', async () => {
    const { paths: index } = (await api.request('GET', '/openapi/v3')).body;
    const paths: Json = {};
    for (const { serverRelativeURL } of Object.values<Json>(index)) Object.assign(paths, asV2((await api.request('GET', serverRelativeURL)).body.paths));
    expect(differences(operationsOf({ paths }), operationsOf(ours))).toEqual([]);
  });
});

/** v3's operations as v2 would write them. */
function asV2(paths: Json): Json {
  const parameters = (given: readonly Json[] = []) => given.map(({ schema, ...one }) => ({ ...one, ...schema }));
  return Object.fromEntries(Object.entries<Json>(paths).map(([path, item]) => [path, Object.fromEntries(Object.entries<Json>(item).map(([method, operation]) => {
    if (method === 'parameters') return [method, parameters(operation)];
    const answers = Object.entries<Json>(operation.responses);
    const contents = answers.flatMap(([, { content = {} }]) => Object.keys(content));
    const { content: body = {}, required } = operation.requestBody ?? {};
    const bodies = operation.requestBody ? [{ in: 'body', name: 'body', required, schema: Object.values<Json>(body)[0].schema }] : [];
    return [method, {
      ...operation,
      schemes: ['https'],
      produces: contents.length === 0 ? undefined : [...new Set(contents)],
      consumes: operation.requestBody ? Object.keys(body) : operation['x-kubernetes-action'] ? ['*/*'] : consumed(path, contents),
      parameters: [...bodies, ...parameters(operation.parameters)],
      responses: Object.fromEntries(answers.map(([code, { description, content }]) => [code, { description, schema: content && Object.values<Json>(content)[0].schema }])),
    }];
  }))]));
}

/** What v3 has no word for: what a request without a body consumes. */
const consumed = (path: string, produced: readonly string[]): readonly string[] | undefined => (/^\/(api|version)/.test(path) ? produced : undefined);
