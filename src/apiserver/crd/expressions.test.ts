import { expect, test } from 'vitest';
import { startApi, type Json, type TestApi } from '../testing/start-api.ts';
import { define, definition, PATH } from './testing/widgets.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function withRules(rules: readonly object[], properties: object = {}): Json {
  const wanted = definition();
  const { spec } = wanted.spec.versions[0].schema.openAPIV3Schema.properties;
  spec['x-kubernetes-validations'] = rules;
  Object.assign(spec.properties, properties);
  return wanted;
}

const widget = (spec: object, metadata: object = {}) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', ...metadata }, spec });
const causes = ({ body }: { body: Json }): readonly string[] => body.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`);
const create = async (api: TestApi, spec: object) => api.request('POST', PATH, widget(spec));

test('rules are asked with their messages, reasons and paths', async () => {
  await using api = await startApi();
  await define(api, withRules([
    { rule: 'self.size < 5 || self.color == "green"', message: 'large ones are green' },
    { rule: 'self.size != 3', messageExpression: '"not " + self.color' },
    { rule: 'self.size != 4', reason: 'FieldValueForbidden', fieldPath: '.size' },
    { rule: 'self.size != 2' },
  ]));
  expect(causes(await create(api, { size: 7 }))).toEqual(['spec: Invalid value: "object": large ones are green']);
  expect(causes(await create(api, { size: 3 }))).toEqual(['spec: Invalid value: "object": not red']);
  expect(causes(await create(api, { size: 4 }))).toEqual(['spec.size: Forbidden: failed rule: self.size != 4']);
  expect(causes(await create(api, { size: 2 }))).toEqual(['spec: Invalid value: "object": failed rule: self.size != 2']);
  expect(causes(await create(api, {}))[0]).toBe('spec: Invalid value: "object": no such key: size evaluating rule: large ones are green');
  expect((await create(api, { size: 1 })).status).toBe(201);
  expect(causes(await api.request('POST', PATH, widget({ size: 'x' }, { name: 'b' })))).toEqual([
    'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ]);
});

test('transition rules see what was; what did not change may stay wrong', async () => {
  await using api = await startApi();
  const made = await define(api, withRules([{ rule: 'self.size >= oldSelf.size', message: 'never smaller' }, { rule: '!oldSelf.hasValue() || self.color == oldSelf.value().color', optionalOldSelf: true, message: 'same color' }], {
    parts: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'], items: {
      type: 'object', required: ['id'], properties: { id: { type: 'string' }, n: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.n >= oldSelf.n', message: 'parts grow' }],
    } },
  }));
  const { body: first } = await create(api, { size: 2, parts: [{ id: 'x', n: 1 }, { id: 'y', n: 2 }] });
  const put = (spec: object) => api.request('PUT', `${PATH}/a`, { ...first, spec });
  expect(causes(await put({ ...first.spec, size: 1 }))).toEqual(['spec: Invalid value: "object": never smaller']);
  expect(causes(await put({ ...first.spec, color: 'green' }))).toEqual(['spec: Invalid value: "object": same color']);
  expect(causes(await put({ ...first.spec, parts: [{ id: 'y', n: 1 }, { id: 'x', n: 3 }] }))).toEqual(['spec.parts[0]: Invalid value: "object": parts grow']);
  made.spec.versions[0].schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'].push({ rule: 'self.size > 100', message: 'huge' });
  await api.request('PUT', `${DEFINITIONS}/widgets.example.com`, made);
  const larger = { ...first, spec: { ...first.spec, size: 3 } };
  await expect.poll(async () => (await api.request('PUT', `${PATH}/a?dryRun=All`, larger)).status, { timeout: 60_000 }).toBe(422);
  expect(causes(await put(larger.spec))).toEqual(['spec: Invalid value: "object": huge']);
  expect((await api.request('PATCH', `${PATH}/a`, { metadata: { labels: { a: 'b' } } }, { headers: { 'content-type': 'application/merge-patch+json' } })).status).toBe(200);
});

test.each<[object, object, readonly string[]]>([
  [{ rule: 'self.size >' }, {}, ['compilation failed: ERROR: <input>:1:12: Syntax error']],
  [{ rule: 'self.size + 1' }, {}, ['cel expression must evaluate to a bool']],
  [{ rule: 'self.size > 1', messageExpression: '1' }, {}, ['messageExpression must evaluate to a string']],
  [{ rule: 'self.missing == 1' }, {}, ['compilation failed: ERROR: <input>:1:5: undefined field \'missing\'']],
  [{ rule: 'self.size > 1', optionalOldSelf: true }, {}, ['may not be set if oldSelf is not used in rule']],
  [{ rule: 'self.all.all(a, self.all.all(b, a == b))' }, { all: { type: 'array', items: { type: 'string' } } }, ['estimated rule cost exceeds budget by factor of more than 100x']],
])('a definition with the rule %j is refused', async (rule, properties, said) => {
  await using api = await startApi();
  const refused = await api.request('POST', DEFINITIONS, withRules([rule], properties));
  expect(refused.status).toBe(422);
  for (const text of said) expect(refused.body.message).toContain(text);
});

test('a default is held against the rules, too', async () => {
  await using api = await startApi();
  const wrong = { type: 'object', default: { n: 3 }, properties: { n: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self < 3', message: 'small ones' }] } }, 'x-kubernetes-validations': [{ rule: 'self.n == oldSelf.n' }, { rule: 'self.n != 3' }] };
  const refused = await api.request('POST', DEFINITIONS, withRules([], { wrong }));
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties[wrong].default';
  expect(causes(refused)).toEqual([`${at}: Invalid value: "object": failed rule: self.n != 3`, `${at}.n: Invalid value: "integer": small ones`]);
});

test('rules that compare stand where items can be told again', async () => {
  await using api = await startApi();
  const refused = await api.request('POST', DEFINITIONS, withRules([], { all: { type: 'array', maxItems: 2, items: { type: 'string', maxLength: 3, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } } }));
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties[all]';
  expect(causes(refused)).toEqual([`${at}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${at}`]);
});

test('an empty rule is told of once', async () => {
  await using api = await startApi();
  const refused = await api.request('POST', DEFINITIONS, withRules([{ rule: '' }]));
  expect(causes(refused)).toEqual(['spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Required value: rule is not specified']);
});

test('defaults are values of their schemas', async () => {
  await using api = await startApi();
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties';
  const refused = await api.request('POST', DEFINITIONS, withRules([], {
    n: { type: 'integer', default: 'x' }, o: { type: 'object', default: { stray: 1 }, properties: { p: { type: 'string' } } }, q: { type: 'object', default: { r: 1 }, properties: { r: { type: 'string' } } },
  }));
  expect(causes(refused)).toEqual([
    `${at}[n].default: Invalid value: "string":  in body must be of type integer: "string"`, `${at}[o].default: Invalid value: {"stray":1}: must be pruned`,
    `${at}[q].default.r: Invalid value: "integer": r in body must be of type string: "integer"`,
  ]);
});

test('in equality the order of sets and maps does not count, and joining them takes over nothing twice', async () => {
  await using api = await startApi();
  const entry = { type: 'object', required: ['name'], properties: { name: { type: 'string' }, n: { type: 'integer' } } };
  const lists = {
    set: { type: 'array', maxItems: 9, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 9 } },
    map: { type: 'array', maxItems: 9, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: entry },
    list: { type: 'array', maxItems: 9, items: { type: 'string', maxLength: 9 } },
  };
  await define(api, withRules([
    { rule: '!has(self.set) || self.set == ["b", "a"]', message: 'set' },
    { rule: '!has(self.list) || self.list == ["b", "a"]', message: 'list' },
    { rule: '!has(self.set) || (self.set + ["c", "a"]).size() == 3', message: 'joined set' },
    { rule: 'self == oldSelf || (oldSelf.map + self.map).exists(e, e.n == 5) && (oldSelf.map + self.map).size() == 2', message: 'changed' },
  ], lists));
  const [x, y] = [{ name: 'x', n: 1 }, { name: 'y', n: 2 }];
  const put = (spec: object) => api.request('PATCH', `${PATH}/a`, { spec }, { headers: { 'content-type': 'application/merge-patch+json' } });
  expect((await create(api, { size: 1, set: ['a', 'b'], map: [x, y] })).status).toBe(201);
  expect(causes(await api.request('POST', PATH, widget({ list: ['a', 'b'] }, { name: 'b' })))).toEqual(['spec: Invalid value: "object": list']);
  // Elsewhere in the object order does not count either.
  expect((await put({ size: 1, set: ['b', 'a'], map: [y, x] })).status).toBe(200);
  expect(causes(await put({ size: 2, set: ['b', 'a'], map: [x, y] }))).toEqual(['spec: Invalid value: "object": changed']);
  expect(causes(await put({ size: 1, set: ['b', 'a'], map: [x, { name: 'y', n: 3 }] }))).toEqual(['spec: Invalid value: "object": changed']);
  expect((await put({ size: 1, set: ['b', 'a'], map: [{ name: 'x', n: 5 }, y] })).status).toBe(200);
});
