import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient } from '../../client/index.ts';
import { Deployment } from '../../kinds/apps/deployment.ts';
import { HorizontalPodAutoscaler } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { Event } from '../../kinds/core/event.ts';
import { formatTime } from '../../meta/time.ts';
import type { Transport } from '../../wire/api.ts';
import { deploymentController } from '../deployment/deployment.ts';
import { replicaSetController } from '../replica-set/replica-set.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler.ts';

const at = { namespace: 'shop' };

interface Metered extends TestCluster {
  /** Answers of the metrics APIs by path; what is not here is not served. */
  readonly metrics: Map<string, (names: readonly string[], now: string) => unknown>;
}

const CPU = '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods';
const use = (cpu: string) => (names: readonly string[], timestamp: string) => ({
  items: names.map((name) => ({ metadata: { name, namespace: 'shop' }, timestamp, window: '30s', containers: [{ name: 'main', usage: { cpu } }] })),
});

async function start(): Promise<Metered> {
  const cluster = await startControlled([deploymentController, replicaSetController]);
  const metrics: Metered['metrics'] = new Map();
  let underWay = 0;
  const transport: Transport = (request) => {
    underWay++;
    return answerTo(request).finally(() => underWay--);
  };
  const answerTo: Transport = async (request) => {
    const answer = metrics.get(decodeURIComponent(request.url.split('?')[0]!));
    if (!answer) return cluster.api.server.handler(request);
    const { body } = await cluster.api.request('GET', '/api/v1/namespaces/shop/pods');
    const names = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    const text = JSON.stringify(answer(names, formatTime(cluster.api.clock.now())));
    return { status: 200, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(text)] } };
  };
  const { clock } = cluster.api;
  const client = createClient(transport, { user: { username: 'system:kube-controller-manager', groups: ['system:authenticated'] } });
  const running = horizontalPodAutoscalerController().start({ client, informers: cluster.informers, clock, random: seededRandom(1), log: silent });
  return {
    ...cluster, metrics,
    // In steps, and what was asked is answered (discovery hashes on another thread): else it would time out.
    async pass(seconds) {
      for (let left = seconds; left > 0; left -= 5) {
        await cluster.pass(Math.min(left, 5));
        for (let round = 0; underWay > 0 && round < 200; round++) await cluster.quiet();
      }
      await cluster.quiet();
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

async function deploy(cluster: Metered, replicas: number): Promise<void> {
  await cluster.client.create(Deployment, {
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas, selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '1' } } }] } },
    },
  });
  await run(cluster);
}
/** Pods run, and have for so long that their CPU counts. */
async function run(cluster: Metered): Promise<void> {
  await cluster.quiet();
  await cluster.runPods();
  const { items } = (await cluster.api.request('GET', '/api/v1/namespaces/shop/pods')).body;
  for (const pod of items) {
    await cluster.api.request('PATCH', `/api/v1/namespaces/shop/pods/${pod.metadata.name}/status`, { status: { startTime: '2025-01-01T00:00:00Z' } }, { headers: { 'content-type': 'application/merge-patch+json' } });
  }
  await cluster.quiet();
}
const autoscale = ({ client }: Metered, spec: object = {}, name = 'web') => client.create(HorizontalPodAutoscaler, {
  metadata: { name, namespace: 'shop' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }], ...spec,
  },
});
const statusOf = async ({ client }: Metered, name = 'web') => (await client.get(HorizontalPodAutoscaler, name, at)).status;
const reasons = async (cluster: Metered) => Object.fromEntries(((await statusOf(cluster)).conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
const size = async ({ client }: Metered) => (await client.get(Deployment, 'web', at)).spec.replicas;
/** Its events, once there are some. */
const told = ({ client, find }: Metered) => find(async () => {
  const events = (await client.list(Event, at)).items.filter(({ source }) => source?.component === 'horizontal-pod-autoscaler');
  return events.length === 0 ? undefined : events.map(({ reason, message }) => `${reason}: ${message}`).toSorted();
});

test('a busy workload grows fifteen seconds after it is watched, and tells why', async () => {
  await using cluster = await start();
  await deploy(cluster, 2);
  cluster.metrics.set(CPU, use('900m'));
  await autoscale(cluster);
  await cluster.pass(14);
  expect(await size(cluster)).toBe(2);
  await cluster.pass(2);
  expect(await size(cluster)).toBe(4);
  expect(await told(cluster)).toEqual(['SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target']);
  expect(await reasons(cluster)).toEqual({ AbleToScale: 'True SucceededRescale', ScalingActive: 'True ValidMetricFound', ScalingLimited: 'False DesiredWithinRange' });
  const { lastScaleTime, conditions: _, ...rest } = await statusOf(cluster);
  expect(lastScaleTime).toBeDefined();
  expect(rest).toMatchObject({
    currentReplicas: 2, desiredReplicas: 4,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '900m' } } }],
  });
});

test('a quiet workload shrinks once five minutes have held it up', async () => {
  await using cluster = await start();
  await deploy(cluster, 4);
  cluster.metrics.set(CPU, use('100m'));
  await autoscale(cluster);
  await cluster.pass(200);
  expect(await size(cluster)).toBe(4);
  expect((await reasons(cluster))['AbleToScale']).toBe('True ScaleDownStabilized');
  await cluster.pass(140);
  expect(await size(cluster)).toBe(1);
  expect(await told(cluster)).toEqual(['SuccessfulRescale: New size: 1; reason: All metrics below target']);
});

test('without a metrics API it says so and leaves the workload as it is', async () => {
  await using cluster = await start();
  await deploy(cluster, 2);
  await autoscale(cluster);
  await cluster.pass(16);
  const why = 'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  expect(await told(cluster)).toEqual([
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
    `FailedGetResourceMetric: ${why}`,
  ]);
  const { conditions, currentReplicas, desiredReplicas } = await statusOf(cluster);
  expect(conditions!.find(({ type }) => type === 'ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetResourceMetric', message: `the HPA was unable to compute the replica count: ${why}` });
  expect([currentReplicas, desiredReplicas, await size(cluster)]).toEqual([2, 0, 2]);
});

test('a target that is not there, or is no kind, is told', async () => {
  await using cluster = await start();
  await autoscale(cluster);
  await autoscale(cluster, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deplyment', name: 'web' } }, 'odd');
  await cluster.pass(16);
  expect(await told(cluster)).toEqual([
    'FailedGetScale: deployments.apps "web" not found', 'FailedGetScale: no matches for kind "Deplyment" in group "apps"',
  ]);
  expect(await reasons(cluster)).toEqual({ AbleToScale: 'False FailedGetScale' });
});

test('bounds need no metrics, and a target at zero is left alone', async () => {
  await using cluster = await start();
  await deploy(cluster, 12);
  await autoscale(cluster);
  await cluster.pass(16);
  expect(await size(cluster)).toBe(10);
  expect(await told(cluster)).toEqual(['SuccessfulRescale: New size: 10; reason: Current number of replicas above Spec.MaxReplicas']);
  await cluster.client.patch(Deployment, 'web', { type: 'merge', body: { spec: { replicas: 0 } } }, at);
  await cluster.pass(16);
  expect((await reasons(cluster))['ScalingActive']).toBe('False ScalingDisabled');
  expect(await size(cluster)).toBe(0);
});

test('of several metrics the largest counts; one that fails forbids to shrink', async () => {
  await using cluster = await start();
  await deploy(cluster, 2);
  cluster.metrics.set(CPU, use('100m'));
  const base = '/apis/custom.metrics.k8s.io';
  cluster.metrics.set(base, () => ({ versions: [{ version: 'v1beta2' }], preferredVersion: { version: 'v1beta2' } }));
  cluster.metrics.set(`${base}/v1beta2/namespaces/shop/pods/*/hits`, (names, timestamp) => ({ items: names.map((name) => ({ describedObject: { name }, timestamp, value: '30' })) }));
  cluster.metrics.set('/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue', (_names, timestamp) => ({ items: [{ timestamp, value: '25' }, { timestamp, value: '500m' }] }));
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  const hits = { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '20' } } };
  const queue = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '6' } } };
  const object = { type: 'Object', object: { metric: { name: 'load' }, describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' }, target: { type: 'Value', value: '5' } } };
  await autoscale(cluster, { metrics: [cpu, hits, queue, object] });
  await cluster.pass(16);
  expect(await told(cluster)).toEqual([
    'FailedGetObjectMetric: unable to get metric load: Service on shop web/unable to fetch metrics from custom metrics API: the server could not find the requested resource (get services.custom.metrics.k8s.io web)',
    'SuccessfulRescale: New size: 4; reason: external metric queue(nil) above target',
  ]);
  expect((await statusOf(cluster)).currentMetrics!.map(({ pods, external }) => pods?.current ?? external?.current)).toEqual([
    undefined, { averageValue: '30' }, { averageValue: '12750m' }, undefined,
  ]);
  await run(cluster);
  cluster.metrics.delete('/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue');
  cluster.metrics.delete(`${base}/v1beta2/namespaces/shop/pods/*/hits`);
  await cluster.pass(400);
  expect(await size(cluster)).toBe(4);
  expect((await reasons(cluster))['ScalingActive']).toBe('False FailedGetPodsMetric');
});

test('behavior limits the pace', async () => {
  await using cluster = await start();
  await deploy(cluster, 2);
  cluster.metrics.set(CPU, use('1'));
  await autoscale(cluster, { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } });
  await cluster.pass(16);
  expect(await size(cluster)).toBe(3);
  expect((await reasons(cluster))['ScalingLimited']).toBe('True ScaleUpLimit');
  await run(cluster);
  await cluster.pass(30);
  expect(await size(cluster)).toBe(3);
  await cluster.pass(35);
  expect(await size(cluster)).toBe(4);
});

test('two autoscalers on the same pods stop each other', async () => {
  await using cluster = await start();
  await deploy(cluster, 2);
  cluster.metrics.set(CPU, use('900m'));
  await autoscale(cluster);
  await autoscale(cluster, {}, 'web-too');
  await cluster.pass(16);
  expect(await told(cluster)).toContain('AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [shop/web shop/web-too]');
});
