import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import type { AnyObject } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { legacyTokenCleaner } from './legacy-token-cleaner.ts';

const DAY = 86_400_000;
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const SHOP = '/api/v1/namespaces/shop';

/** A cluster in which use has been noted for so many days, with an account and token Secrets of a thousand days ago. */
async function clean({ noted, secrets }: { readonly noted: number; readonly secrets: Readonly<Record<string, Readonly<Record<string, number>>>> }) {
  const [api, clock] = [new FakeApi(), new ManualClock()];
  const ago = (days: number) => formatTime(clock.now() - days * DAY);
  const put = (path: string, parts: object) => api.put(`${SHOP}/${path}`, { apiVersion: 'v1', ...parts });
  api.put('/api/v1/namespaces/kube-system/configmaps/kube-apiserver-legacy-service-account-token-tracking', {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' }, data: { since: ago(noted).slice(0, 10) },
  });
  put('serviceaccounts/robot', { kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'shop' }, secrets: Object.keys(secrets).filter((name) => name !== 'asked').map((name) => ({ name })) });
  for (const [name, labels] of Object.entries(secrets)) {
    const days = Object.fromEntries(Object.entries(labels).map(([label, days]) => [label, ago(days).slice(0, 10)]));
    const annotations = { 'kubernetes.io/service-account.name': 'robot' };
    put(`secrets/${name}`, { kind: 'Secret', metadata: { name, namespace: 'shop', annotations, labels: days, creationTimestamp: ago(1000) }, type: 'kubernetes.io/service-account-token' });
  }
  put('pods/web', { kind: 'Pod', metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [{ name: 'main', envFrom: [{ secretRef: { name: 'mounted' } }] }] }, status: {} });
  const around = { clock, log: silent, random: seededRandom(1) };
  const client = createClient(api.transport);
  await using informers = createInformers(client, around);
  await using _running = legacyTokenCleaner.start({ client, informers, ...around });
  await settle();
  await settle();
  return [...api.objects].filter(([path]) => path.startsWith(`${SHOP}/secrets/`)).map(([, { metadata }]: [string, AnyObject]) => {
    const invalid = (metadata['labels'] as Readonly<Record<string, string>> | undefined)?.[INVALID_SINCE];
    return `${metadata.name}${invalid === undefined ? '' : ` invalid since ${invalid === ago(0).slice(0, 10) ? 'today' : 'before'}`}`;
  });
}

test('what nobody has used for a year is marked, and what was marked a year ago deleted', async () => {
  const secrets = {
    never: {}, 'long-ago': { [LAST_USED]: 400 }, lately: { [LAST_USED]: 300 }, asked: {}, mounted: {},
    'marked-lately': { [INVALID_SINCE]: 300 }, 'marked-long-ago': { [INVALID_SINCE]: 400 }, 'marked-and-used': { [INVALID_SINCE]: 400, [LAST_USED]: 1 },
  };
  expect(await clean({ noted: 400, secrets })).toEqual([
    'never invalid since today', 'long-ago invalid since today', 'lately', 'asked', 'mounted', 'marked-lately invalid since before', 'marked-and-used invalid since before',
  ]);
});

test('nothing is touched before use has been noted for a year', async () => {
  expect(await clean({ noted: 365, secrets: { never: {}, marked: { [INVALID_SINCE]: 900 } } })).toEqual(['never', 'marked invalid since before']);
});
