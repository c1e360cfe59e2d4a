import { expect, test } from 'vitest';
import { nextTurn } from '../../base/clock.ts';
import { startApi } from '../testing/start-api.ts';
import { define, definition, PATH } from './testing/widgets.ts';

const NUMBERS = 200;
const RULES = 20;
const PATIENCE = { timeout: 120_000 };

/** Rules that look at every pair of numbers: together they cost nearly as much as all rules of an object may. */
function dearDefinition() {
  const made = definition();
  const { spec } = made.spec.versions[0].schema.openAPIV3Schema.properties;
  spec.properties.numbers = {
    type: 'array', maxItems: NUMBERS, items: { type: 'integer' },
    'x-kubernetes-validations': Array.from({ length: RULES }, (_, n) => ({ rule: `self.all(x, self.all(y, x + y + ${n} > 0))`, message: `all pairs and ${n}` })),
  };
  return made;
}
const widgetOf = (name: string, first: number) =>
  ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec: { numbers: [first, ...Array.from({ length: NUMBERS - 1 }, (_, n) => n + 1)] } });

test('others are answered while the rules of one object cost all they may', PATIENCE, async () => {
  await using api = await startApi();
  await define(api, dearDefinition());
  let isDone = false;
  let answers = 0;
  const dear = api.request('POST', PATH, widgetOf('dear', 1)).finally(() => (isDone = true));
  for (; !isDone; await nextTurn()) if ((await api.request('GET', '/api/v1/namespaces/default')).status === 200) answers++;
  expect((await dear).status).toBe(201);
  expect(answers).toBeGreaterThanOrEqual(RULES / 2);
});

test('what long rules find is told as what short ones find, on updates too', PATIENCE, async () => {
  await using api = await startApi();
  await define(api, dearDefinition());
  const refused = await api.request('POST', PATH, widgetOf('wrong', -1));
  expect(refused.status).toBe(422);
  expect(refused.body.details.causes.map(({ message }: { message: string }) => message)).toEqual(['Invalid value: "array": all pairs and 0', 'Invalid value: "array": all pairs and 1', 'Invalid value: "array": all pairs and 2']);
  expect((await api.request('POST', PATH, widgetOf('right', 1))).status).toBe(201);
  const { body: right } = await api.request('GET', `${PATH}/right`);
  const updated = await api.request('PUT', `${PATH}/right`, { ...right, spec: widgetOf('right', -1).spec });
  expect([updated.status, updated.body.details.causes.length]).toEqual([422, 3]);
});
