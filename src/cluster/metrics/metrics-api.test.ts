import { expect, test } from 'vitest';
import { ManualClock, nextTurn } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { Deployment } from '../../kinds/apps/deployment.ts';
import { HorizontalPodAutoscaler } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { readObject } from '../../client/index.ts';
import { startInMemory } from '../in-memory.ts';
import { USED_CPU } from './pretended.ts';

const ADMIN = { username: 'admin', groups: ['system:masters'] };
const container = { name: 'c', image: 'i', resources: { requests: { cpu: '100m', memory: '64Mi' } } };

async function start() {
  const clock = new ManualClock();
  let running = true;
  // Time goes on as long as the cluster does.
  const ticking = (async () => {
    while (running) {
      clock.advance(250);
      await nextTurn();
    }
  })();
  const cluster = await startInMemory({ clock, random: systemRandom, log: silent, nodes: ['n1', 'n2'] });
  const client = cluster.clientOf(ADMIN);
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    for (let turn = 0; turn < 200_000; turn++) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
      await nextTurn();
    }
    throw new Error('never');
  };
  const read = async (path: string): Promise<{ readonly items: readonly { readonly metadata: { readonly name: string } }[] }> => readObject(await client.request({ url: `/apis/metrics.k8s.io/v1beta1${path}` }));
  return {
    client, until, read,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      running = false;
      await ticking;
    },
  };
}

test('autoscalers find what pods on simulated nodes are said to use, and kubectl top the nodes', { timeout: 60_000 }, async () => {
  await using cluster = await start();
  const { client, until, read } = cluster;
  const labels = { app: 'busy' };
  await client.create(Deployment, {
    metadata: { name: 'busy', namespace: 'default' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels, annotations: { [USED_CPU]: '300m' } }, spec: { containers: [container] } } },
  });
  await client.create(HorizontalPodAutoscaler, {
    metadata: { name: 'busy', namespace: 'default' },
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'busy' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] },
  });

  const replicas = await until(async () => ((await client.get(Deployment, 'busy', { namespace: 'default' })).spec.replicas === 3 ? 3 : undefined));
  const pods = await until(async () => {
    const found = await read('/namespaces/default/pods?labelSelector=app%3Dbusy');
    return found.items.length === 3 ? found : undefined;
  });

  expect(replicas).toBe(3);
  expect(pods.items[0]).toMatchObject({ kind: 'PodMetrics', window: '15s', containers: [{ name: 'c', usage: { cpu: '300000000n', memory: '32768Ki' } }] });
  expect((await read('/nodes')).items.map(({ metadata: { name } }) => name)).toEqual(['n1', 'n2']);
  await expect(client.request({ url: '/apis/metrics.k8s.io/v1beta1/nodes/none' })).rejects.toMatchObject({ code: 404, message: 'nodes.metrics.k8s.io "none" not found' });
});
