import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import type { Informers } from '../../client/index.ts';
import { podOf } from '../testing/pods.ts';
import { referencesOf, watchReferredObjects } from './objects.ts';

/** Watches as they are begun and ended; what they have found. */
function watches() {
  const open = new Set<string>();
  const found = new Map<string, object>();
  const told = new Map<string, () => void>();
  let silent = false;
  const nameOf = (kind: { readonly kind: string }, scope?: { readonly fieldSelector?: string | undefined }) => `${kind.kind}/${scope?.fieldSelector?.split('=')[1]}`;
  const informers = {
    for(kind: { readonly kind: string }, scope: { readonly fieldSelector: string }) {
      const name = nameOf(kind, scope);
      open.add(name);
      return {
        lister: { get: () => found.get(name) },
        untilSynced: (signal?: AbortSignal) => (silent ? new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))) : Promise.resolve()),
        addHandler({ onAdd }: { readonly onAdd: () => void }) {
          told.set(name, onAdd);
          return { [Symbol.dispose]: () => void told.delete(name) };
        },
      };
    },
    stop: async (kind: { readonly kind: string }, scope: { readonly fieldSelector: string }) => void open.delete(nameOf(kind, scope)),
  } as unknown as Informers;
  return { informers, open, found, told, hush: () => (silent = true) };
}

const pod = (uid: string) => podOf({ containers: [{ name: 'c' }], volumes: [{ name: 'v', configMap: { name: 'cm' } }, { name: 's', secret: { secretName: 's' } }] as never }, { uid });

test('what pods refer to is watched while one of them is here, and each is told of a change', async () => {
  const at = watches();
  const changed: string[] = [];
  const objects = watchReferredObjects(at.informers, new ManualClock(), (uid) => changed.push(uid));
  objects.of(pod('u1'));
  objects.of(pod('u2'));
  expect([...at.open].toSorted()).toEqual(['ConfigMap/cm', 'Secret/s']);
  at.told.get('ConfigMap/cm')!();
  expect(changed).toEqual(['u1', 'u2']);
  await objects.release('u1');
  expect(at.open.size).toBe(2);
  await objects.release('u2');
  expect([at.open.size, at.told.size]).toEqual([0, 0]);
});

test('what is immutable is asked for once and then watched no more', async () => {
  const at = watches();
  const objects = watchReferredObjects(at.informers, new ManualClock(), () => {});
  at.found.set('ConfigMap/cm', { metadata: {}, immutable: true, data: { a: '1' } });
  const source = objects.of(pod('u1'));
  expect((await Promise.all([source.configMap('cm'), source.configMap('cm')])).map((found) => found?.data)).toEqual([{ a: '1' }, { a: '1' }]);
  expect([...at.open]).toEqual(['Secret/s']);
  at.found.clear();
  expect((await objects.of(pod('u1')).configMap('cm'))?.data).toEqual({ a: '1' });
  expect([...at.open]).toEqual(['Secret/s']);
  await objects.release('u1');
  expect(at.open.size).toBe(0);
  expect(await objects.of(pod('u1')).configMap('cm')).toBeUndefined();
});

test('a server that says nothing is not waited for for ever', async () => {
  const at = watches();
  const clock = new ManualClock();
  at.hush();
  const asked = watchReferredObjects(at.informers, clock, () => {}).of(pod('u1')).secret('s').then(() => '', (error: Error) => error.message);
  await settle();
  await clock.advance(10_000);
  expect(await asked).toBe('failed to sync secret cache: timed out waiting for the condition');
});

test('references are found in volumes, environments and pull secrets', () => {
  const found = referencesOf(podOf({
    containers: [{ name: 'c', envFrom: [{ secretRef: { name: 'e' } }], env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'k', key: 'x' } } }] }], imagePullSecrets: [{ name: 'p' }],
    volumes: [{ name: 'v', projected: { sources: [{ secret: { name: 's' } }, { configMap: { name: 'c' } }] } }] as never,
  }));
  expect(found.map(({ kind, name }) => `${kind.kind}/${name}`)).toEqual(['Secret/s', 'ConfigMap/c', 'ConfigMap/k', 'Secret/e', 'Secret/p']);
});
