import { expect, test } from 'vitest';
import { decodeObject } from '../../schema/decode.ts';
import { isShared, jsonOf, withSharedSpec } from '../../schema/shared-specs.ts';
import { Pod } from './pod.ts';

const pod = (name: string, spec: object = {}) => JSON.parse(JSON.stringify({
  apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'main', image: 'registry.example.com/shared' }], ...spec },
})) as unknown;
const decoded = (json: unknown) => decodeObject<Pod>(Pod, json).value;

test('pods of one template are decoded to one spec', () => {
  const [first, second] = [decoded(pod('a')), decoded(pod('b'))];

  expect(second.spec).toBe(first.spec);
  expect(second.spec.containers[0]?.imagePullPolicy).toBe('Always');
  expect([first, second].map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
});

test('pods that differ anywhere in their specs do not', () => {
  const [first, second] = [decoded(pod('a')), decoded(pod('b', { priority: 3 }))];

  expect(second.spec).toEqual({ ...first.spec, priority: 3 });
});

test('what nobody declared is told of with each pod', () => {
  const problems = ['a', 'b'].map((name) => decodeObject(Pod, pod(name, { nonsense: 1 })).problems);

  expect(problems).toEqual([['unknown field "spec.nonsense"'], ['unknown field "spec.nonsense"']]);
});

test('pods that run somewhere, or have a token of their own, share nothing', () => {
  for (const spec of [{ nodeName: 'n1' }, { volumes: [{ name: 'kube-api-access-abcde', emptyDir: {} }] }]) {
    const [first, second] = [decoded(pod('a', spec)), decoded(pod('b', spec))];
    expect(second.spec).not.toBe(first.spec);
    expect(second.spec).toEqual(first.spec);
  }
});

test('what is about to be stored takes the spec of the first of its like, and its text', () => {
  const [first, second] = [decoded(pod('a')), decoded(pod('b'))].map((one) => withSharedSpec(Pod, { ...one, spec: { ...one.spec, hostname: 'h' } } as never));

  expect(second!['spec']).toBe(first!['spec']);
  expect(isShared(second!['spec'])).toBe(true);
  expect([jsonOf(second!['spec']), jsonOf(second!['spec'])]).toEqual([JSON.stringify(first!['spec']), JSON.stringify(first!['spec'])]);
});
