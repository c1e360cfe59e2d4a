import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { expose } from '../../base/metrics/exposition.ts';
import { seededRandom } from '../../base/random.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf } from '../testing/pods.ts';
import { measuredCri } from './measured-cri.ts';
import { KubeletMetrics } from './metrics.ts';
import { PodStarts } from './pod-starts.ts';
import { measuredTransport } from './rest-client.ts';
import { stateFamilies } from './state.ts';

const lines = (metrics: KubeletMetrics, name: string) => expose(metrics.families()).split('\n').filter((line) => line.startsWith(name));

test('calls to the runtime are counted and timed under upstream\'s names', async () => {
  const clock = new ManualClock();
  const metrics = new KubeletMetrics();
  const fake = new FakeCri({ clock, random: seededRandom(1), images: [] });
  const cri = measuredCri(fake, metrics, clock);
  await cri.runPodSandbox({ metadata: { name: 'p', namespace: 'n', uid: 'u' } });
  fake.failNext('imageStatus', new CriError('Unavailable', 'gone'));
  await expect(cri.imageStatus('x')).rejects.toThrow('gone');
  expect(lines(metrics, 'kubelet_runtime_operations_total')).toEqual(['kubelet_runtime_operations_total{operation_type="run_podsandbox"} 1', 'kubelet_runtime_operations_total{operation_type="image_status"} 1']);
  expect(lines(metrics, 'kubelet_runtime_operations_errors_total')).toEqual(['kubelet_runtime_operations_errors_total{operation_type="image_status"} 1']);
  expect(lines(metrics, 'kubelet_run_podsandbox_duration_seconds_count')).toEqual(['kubelet_run_podsandbox_duration_seconds_count{runtime_handler=""} 1']);
  expect(lines(metrics, 'kubelet_started_pods_total')).toEqual(['kubelet_started_pods_total 1']);
  expect(lines(metrics, 'kubelet_started_containers_total')).toEqual(['kubelet_started_containers_total{container_type="pod_sandbox"} 1']);
});

test('a pod\'s start is measured once, pulls and init containers aside', async () => {
  const clock = new ManualClock();
  const metrics = new KubeletMetrics();
  const starts = new PodStarts(metrics, clock);
  const created = new Date(clock.now()).toISOString();
  const pod = podOf({ initContainers: [{ name: 'i' }], containers: [{ name: 'a' }] }, { creationTimestamp: created });
  await clock.advance(1000);
  starts.said(pod, { phase: 'Pending' } as never);
  starts.pulled(pod.metadata.uid, 2000);
  await clock.advance(9000);
  const init = { name: 'i', state: { terminated: { exitCode: 0, startedAt: new Date(clock.now() - 4000).toISOString(), finishedAt: new Date(clock.now() - 1000).toISOString() } } };
  for (let round = 0; round < 2; round++) starts.said(pod, { phase: 'Running', initContainerStatuses: [init] } as never);
  expect(lines(metrics, 'kubelet_pod_start_duration_seconds_sum')).toEqual(['kubelet_pod_start_duration_seconds_sum 9']);
  expect(lines(metrics, 'kubelet_pod_start_total_duration_seconds_sum')).toEqual(['kubelet_pod_start_total_duration_seconds_sum 10']);
  expect(lines(metrics, 'kubelet_pod_start_sli_duration_seconds')).toEqual(expect.arrayContaining(['kubelet_pod_start_sli_duration_seconds_bucket{le="5"} 1', 'kubelet_pod_start_sli_duration_seconds_sum 5', 'kubelet_pod_start_sli_duration_seconds_count 1']));
});

test('a pod that an earlier kubelet started tells nothing of its start', () => {
  const metrics = new KubeletMetrics();
  const pod = podOf({ containers: [{ name: 'a' }] }, {}, { startTime: '2026-01-01T00:00:00Z' });
  new PodStarts(metrics, new ManualClock()).said(pod, { phase: 'Running' } as never);
  expect(lines(metrics, 'kubelet_pod_start_duration_seconds')).toEqual([]);
});

test('requests to the API server are counted by code and method', async () => {
  const { transport, collector } = measuredTransport(async ({ method }) => {
    if (method === 'POST') throw new Error('no connection');
    return { status: 200, headers: {} };
  }, { host: 'h:1', clock: new ManualClock() });
  const request = { url: '/', headers: {}, peer: { address: '' }, signal: new AbortController().signal };
  await transport({ ...request, method: 'GET' });
  await expect(transport({ ...request, method: 'POST' })).rejects.toThrow();
  expect(expose(collector())).toMatch(/rest_client_requests_total\{code="200",host="h:1",method="GET"\} 1\nrest_client_requests_total\{code="<error>",host="h:1",method="POST"\} 1/);
});

test('pods, containers and claims as they are', () => {
  const pod = podOf({ containers: [{ name: 'a' }] });
  const own = podOf({ containers: [{ name: 'a' }] }, { name: 'own', uid: '2', annotations: { 'kubernetes.io/config.source': 'file' } });
  const fs = { at: 0, capacityBytes: 100, availableBytes: 60, usedBytes: 40, inodes: 10, inodesFree: 8, inodesUsed: 2 };
  const text = expose(stateFamilies({
    nodeName: 'n1', desired: [pod, own], active: [own], sandboxes: [{ state: 'SANDBOX_READY' }, { state: 'SANDBOX_NOTREADY' }] as never, containers: [{ state: 'CONTAINER_RUNNING' }, { state: 'CONTAINER_EXITED' }, { state: 'CONTAINER_RUNNING' }] as never,
    samples: [{ pod, cgroup: '', startedAt: 0, usage: undefined, containers: [], volumes: [{ name: 'v', claim: 'data', usage: { bytes: 30, inodes: 3 }, fs, ephemeral: false }] }],
  }));
  for (const line of [
    'kubelet_node_name{node="n1"} 1', 'kubelet_running_pods 1', 'kubelet_running_containers{container_state="running"} 2', 'kubelet_running_containers{container_state="exited"} 1',
    'kubelet_desired_pods{static="false"} 1', 'kubelet_active_pods{static="false"} 0', 'kubelet_active_pods{static="true"} 1', 'kubelet_mirror_pods 1',
    'kubelet_volume_stats_capacity_bytes{namespace="default",persistentvolumeclaim="data"} 100', 'kubelet_volume_stats_used_bytes{namespace="default",persistentvolumeclaim="data"} 30',
  ]) expect(text).toContain(`${line}\n`);
});
