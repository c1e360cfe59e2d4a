/** What the kubelet says pods use, beside what they really use, on a real containerd. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { askKubelet, shell, startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

let node: KubeletNode;
beforeAll(async () => {
  node = await startKubeletNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

const MIB = 1024 ** 2;

interface Usage {
  readonly name: string;
  readonly cpu: { readonly usageNanoCores?: number; readonly usageCoreNanoSeconds: number };
  readonly memory: { readonly workingSetBytes: number; readonly availableBytes?: number; readonly usageBytes: number };
  readonly rootfs?: { readonly usedBytes: number; readonly capacityBytes: number };
  readonly logs?: { readonly usedBytes: number };
}
interface Summary {
  readonly node: Usage & { readonly fs: { readonly capacityBytes: number }; readonly runtime: { readonly imageFs: { readonly usedBytes: number } }; readonly rlimit: { readonly curproc: number }; readonly systemContainers: readonly Usage[] };
  readonly pods: readonly (Usage & {
    readonly podRef: { readonly name: string }; readonly containers: readonly Usage[]; readonly network?: { readonly name: string; readonly rxBytes: number };
    readonly volume?: readonly { readonly name: string; readonly usedBytes: number }[]; readonly 'ephemeral-storage'?: { readonly usedBytes: number }; readonly process_stats?: { readonly process_count: number };
  })[];
}
const summary = async (query = '') => JSON.parse((await askKubelet(node.kubelet, `/stats/summary${query}`)).text) as Summary;

test('CPU, memory, disk, network and processes of a pod show in the summary and in both metrics', async () => {
  const script = 'head -c 8000000 /dev/zero > /fill/a; head -c 5000000 /dev/zero > /root-file; echo a line; while true; do :; done';
  await node.run('busy', {
    containers: [shell('a', script, { resources: { limits: { cpu: '200m', memory: '64Mi' } }, volumeMounts: [{ name: 'fill', mountPath: '/fill' }] })], volumes: [{ name: 'fill', emptyDir: {} }],
  });
  await node.until('busy', ({ status: { phase } }) => phase === 'Running');
  // The runtime measures layers, and the kubelet directories, only every ten seconds.
  const found = await eventually('all of it', async () => {
    const all = await summary();
    const pod = all.pods.find(({ podRef }) => podRef.name === 'busy');
    const [container] = pod?.containers ?? [];
    const complete = (container?.cpu.usageNanoCores ?? 0) > 1_000_000 && (container?.rootfs?.usedBytes ?? 0) > 4 * MIB && (pod?.volume?.[0]?.usedBytes ?? 0) > 7 * MIB;
    return complete ? { all, pod: pod!, container: container! } : undefined;
  }, 60);
  expect(found.container).toMatchObject({ name: 'a' });
  expect(found.container.memory.workingSetBytes).toBeGreaterThan(0);
  expect(found.container.memory.availableBytes! + found.container.memory.workingSetBytes).toBe(64 * MIB);
  expect(found.container.logs!.usedBytes).toBeGreaterThan(0);
  expect(found.pod.memory.workingSetBytes).toBeGreaterThanOrEqual(0);
  expect(found.pod['ephemeral-storage']!.usedBytes).toBeGreaterThan(12 * MIB);
  expect(found.pod.network).toMatchObject({ name: 'eth0' });
  expect(found.all.node.memory.workingSetBytes).toBeGreaterThan(10 * MIB);
  expect(found.all.node.systemContainers[0]).toMatchObject({ name: 'pods' });
  expect(found.all.node.rlimit.curproc).toBeGreaterThan(5);
  expect(found.all.node.fs.capacityBytes).toBeGreaterThan(0);

  const bare = await summary('?only_cpu_and_memory=true');
  expect(bare.pods[0]!.containers[0]).not.toHaveProperty('rootfs');
  expect(bare.node).not.toHaveProperty('fs');

  const metrics = (await askKubelet(node.kubelet, '/metrics/resource')).text;
  expect(metrics).toMatch(/^container_cpu_usage_seconds_total\{container="a",namespace="default",pod="busy"\} [\d.]+ \d{13}$/m);
  expect(metrics).toMatch(/^pod_memory_working_set_bytes\{namespace="default",pod="busy"\} \d+ \d{13}$/m);
  expect(metrics).toMatch(/^node_cpu_usage_seconds_total [\d.]+ \d{13}$/m);
  const cadvisor = (await askKubelet(node.kubelet, '/metrics/cadvisor')).text;
  expect(cadvisor).toMatch(/^container_memory_working_set_bytes\{container="a",id="\S+",image="\S+",name="[0-9a-f]{64}",namespace="default",pod="busy"\} \d+ \d{13}$/m);
  expect(cadvisor).toMatch(/^container_network_receive_bytes_total\{.*pod="busy",interface="eth0"\} \d+ \d{13}$/m);
});
