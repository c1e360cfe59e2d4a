import { expect, test } from 'vitest';
import { encodeEntry, encodeOpenApiV2, type Section } from './openapi-v2-proto.ts';

/** The fields of a message: numbers, or bytes for what has a length. */
function fields(bytes: Uint8Array): [number, Uint8Array | number][] {
  const found: [number, Uint8Array | number][] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    if (key % 8 === 0) found.push([key >> 3, varint()]);
    else if (key % 8 === 1) at += 8;
    else {
      const length = varint();
      found.push([key >> 3, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}
const at = (bytes: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((inner, number) => fields(inner).find(([field]) => field === number)![1] as Uint8Array, bytes);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const paths = {
  '/api/v1/pods/{name}': {
    parameters: [{ name: 'name', in: 'path', required: true, type: 'string' }, { $ref: '#/parameters/pretty' }],
    patch: {
      parameters: [{ name: 'body', in: 'body', schema: { $ref: '#/definitions/Pod' } }, { name: 'dryRun', in: 'query', type: 'string' }],
      responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Pod' } } },
      'x-kubernetes-group-version-kind': { group: '', kind: 'Pod', version: 'v1' },
    },
  },
};
const definitions = {
  Pod: {
    type: 'object', required: ['spec'], description: 'x'.repeat(300),
    properties: { spec: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } },
  },
};
const entriesOf = (section: Section, values: object) => Object.entries(values).map(([name, value]) => encodeEntry(section, name, value));
const bytes = encodeOpenApiV2({ swagger: '2.0', info: { title: 'Kubernetes', version: 'v1' } }, {
  paths: entriesOf('paths', paths),
  definitions: entriesOf('definitions', definitions),
  parameters: entriesOf('parameters', { pretty: { name: 'pretty', in: 'query', type: 'string' } }),
});

test('a definition keeps its name, type, properties and extensions', () => {
  const definition = at(bytes, 9, 1);
  expect(text(at(definition, 1))).toBe('Pod');
  const schema = at(definition, 2);
  expect(text(at(schema, 22, 1))).toBe('object');
  expect(text(at(schema, 19))).toBe('spec');
  expect(text(at(schema, 4))).toBe('x'.repeat(300));
  const spec = at(schema, 25, 1);
  expect(text(at(spec, 1))).toBe('spec');
  expect(text(at(spec, 2, 23, 1, 22, 1))).toBe('string');
  expect(text(at(spec, 2, 31, 1))).toBe('x-kubernetes-list-type');
  expect(text(at(spec, 2, 31, 2, 2))).toBe('"set"\n');
});

test('an operation keeps its parameters, each in its choice, and its kind', () => {
  const path = at(bytes, 8, 2);
  expect(text(at(path, 1))).toBe('/api/v1/pods/{name}');
  expect(text(at(path, 2, 9, 1, 2, 4, 4))).toBe('name');
  const patch = at(path, 2, 8);
  const [body, dryRun] = fields(patch).filter(([field]) => field === 8).map(([, value]) => value as Uint8Array);
  expect(text(at(body!, 1, 1, 5, 1))).toBe('#/definitions/Pod');
  expect(text(at(dryRun!, 1, 2, 3, 4))).toBe('dryRun');
  expect(text(at(patch, 9, 1, 2, 1, 2, 1, 1))).toBe('#/definitions/Pod');
  expect(JSON.parse(text(at(patch, 13, 2, 2)))).toEqual({ group: '', kind: 'Pod', version: 'v1' });
});

test('a parameter that several operations share stands once, and is referred to', () => {
  const [, reference] = fields(at(bytes, 8, 2, 2)).filter(([field]) => field === 9).map(([, value]) => value as Uint8Array);
  expect(text(at(reference!, 2, 1))).toBe('#/parameters/pretty');
  expect(text(at(bytes, 10, 1, 1))).toBe('pretty');
  expect(text(at(bytes, 10, 1, 2, 2, 3, 4))).toBe('pretty');
});
