/** Every kind's JSON sample against its protobuf bytes, both ways; the samples are upstream's and not part of this product. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtinKinds } from '../src/kinds/index.ts';
import { apiVersionOf } from '../src/meta/resource.ts';
import { decodeMessage } from '../src/schema/protobuf/decode.ts';
import { encodeMessage } from '../src/schema/protobuf/encode.ts';
import { unwrap, wrap } from '../src/schema/protobuf/envelope.ts';

const SAMPLES = join(import.meta.dirname, '..', '..', 'shared', 'upstream', 'samples');
const present = existsSync(SAMPLES);
const samples = present ? readdirSync(SAMPLES).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length)) : [];
const cases = builtinKinds.flatMap((kind) => {
  const name = `${kind.group === '' ? 'core' : kind.group}.${kind.version}.${kind.kind}`;
  return samples.includes(name) ? [{ name, kind }] : [];
});

test.skipIf(present)('the samples are not here: nothing to compare with', () => {});

test.skipIf(!present)('most kinds have a sample', () => {
  expect(cases.length).toBeGreaterThan(60);
});

test.skipIf(!present).each(cases)('$name: JSON and protobuf say the same', ({ name, kind }) => {
  const json: unknown = JSON.parse(readFileSync(join(SAMPLES, `${name}.json`), 'utf8'));
  const bytes = new Uint8Array(readFileSync(join(SAMPLES, `${name}.pb`)));

  const { apiVersion, kind: kindName, raw } = unwrap(bytes);
  expect([apiVersion, kindName]).toEqual([apiVersionOf(kind), kind.kind]);
  expect({ apiVersion, kind: kindName, ...decodeMessage(kind.schema, raw) }).toEqual(json);

  const encoded = wrap({ apiVersion, kind: kindName, raw: encodeMessage(kind.schema, json) });
  expect(Buffer.from(encoded).equals(Buffer.from(bytes))).toBe(true);
});
