import { expect, test } from 'vitest';
import { builtinKinds } from './index.ts';

test('no two kinds share a group, version and kind, nor a group, version and plural', () => {
  const names = builtinKinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`);
  const plurals = builtinKinds.map(({ group, version, plural }) => `${group}/${version}/${plural}`);
  expect(new Set(names).size).toBe(builtinKinds.length);
  expect(new Set(plurals).size).toBe(builtinKinds.length);
});

test('a part is one node wherever it is named', () => {
  const specs = builtinKinds.flatMap(({ schema }) => {
    const spec = schema.fields.spec;
    const template = spec?.type === 'object' ? spec.fields.template : undefined;
    const pod = template?.type === 'object' ? template.fields.spec : undefined;
    return pod?.type === 'object' ? [pod.fields] : [];
  });
  expect(specs.length).toBeGreaterThan(4);
  expect(new Set(specs).size).toBe(1);
});
