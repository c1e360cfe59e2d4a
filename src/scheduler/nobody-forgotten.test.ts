import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import { startScheduled } from './testing/start.ts';

const SHOP = { namespace: 'shop' };
const ZONE = 'topology.kubernetes.io/zone';

/** Pods and nodes that come, change and go; whoever is still waiting once the back-off is over must fit nowhere. */
class Weather {
  readonly #random;
  readonly cluster;
  #pods = 0;
  #nodes = 0;

  constructor(cluster: Awaited<ReturnType<typeof startScheduled>>, seed: number) {
    this.cluster = cluster;
    this.#random = seededRandom(seed);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }

  async addNode(): Promise<void> {
    await this.cluster.node(`n${this.#nodes++}`, { cpu: '1' }, this.pick<Readonly<Record<string, string>>>([{}, { [ZONE]: 'a' }, { [ZONE]: 'b' }]));
  }

  async addPod(): Promise<void> {
    const app = this.pick(['x', 'y']);
    const selector = { topologyKey: ZONE, labelSelector: { matchLabels: { app } } };
    const spec = this.pick([
      {}, { nodeSelector: { [ZONE]: this.pick(['a', 'b']) } },
      { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...selector, topologyKey: 'kubernetes.io/hostname' }] } } },
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [selector] } } },
      { topologySpreadConstraints: [{ ...selector, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }] },
      { tolerations: [{ key: 'wet', operator: 'Exists' }] },
      { schedulingGates: [{ name: 'example.com/later' }] },
    ]);
    const container = { name: 'c', image: 'app:1', ports: this.pick([[], [], [], [{ containerPort: 80, hostPort: 80 }]]), resources: { requests: { cpu: this.pick(['100m', '100m', '300m', '800m']) } } };
    await this.cluster.client.create(Pod, { metadata: { name: `p${this.#pods++}`, labels: { app } }, spec: { ...spec, containers: [container] } }, SHOP);
  }

  async change(): Promise<void> {
    const { client } = this.cluster;
    const pods = (await client.list(Pod, SHOP)).items;
    const nodes = (await client.list(Node)).items;
    const node = nodes.length > 0 ? this.pick(nodes).metadata.name : undefined;
    const patch = (body: object) => (node ? client.patch(Node, node, { type: 'merge', body }) : this.addNode());
    const gated = pods.find(({ spec }) => spec.schedulingGates?.length);
    await this.pick([
      () => (nodes.length < 4 ? this.addNode() : this.addPod()), () => (pods.length < 14 ? this.addPod() : undefined), () => this.addPod(),
      () => (pods.length > 0 ? client.delete(Pod, this.pick(pods).metadata.name, { ...SHOP, gracePeriodSeconds: 0 }) : this.addPod()),
      () => (pods.length > 0 ? client.patch(Pod, this.pick(pods).metadata.name, { type: 'merge', body: { metadata: { labels: { app: this.pick(['x', 'y', 'z']) } } } }, SHOP) : this.addPod()),
      () => (gated ? client.patch(Pod, gated.metadata.name, { type: 'merge', body: { spec: { schedulingGates: null } } }, SHOP) : this.addPod()),
      () => (node && nodes.length > 3 ? client.delete(Node, node) : this.addNode()),
      () => patch({ metadata: { labels: { [ZONE]: this.pick(['a', 'b', null]) } } }),
      () => patch({ metadata: { labels: { [ZONE]: this.pick(['a', 'b']) } } }),
      () => patch({ spec: { unschedulable: true } }), () => patch({ spec: { unschedulable: null } }),
      () => patch({ spec: { taints: this.pick([null, null, [{ key: 'wet', effect: 'NoSchedule' }]]) } }),
    ])();
  }

  /** Pods that wait though some node would take them. */
  async forgotten(): Promise<readonly string[]> {
    const pods = (await this.cluster.client.list(Pod, SHOP)).items;
    const nodes = (await this.cluster.client.list(Node)).items.length;
    return pods.flatMap(({ metadata: { name }, spec }) => {
      if (spec.nodeName || spec.schedulingGates?.length) return [];
      const rejected = new Set(this.cluster.scheduler.why('shop', name)!.verdicts.map(({ node }) => node.name));
      return rejected.size < nodes ? [name] : [];
    });
  }
}

test.each([11, 12, 13, 14])('whoever waits fits nowhere (seed %i)', async (seed) => {
  await using cluster = await startScheduled();
  const weather = new Weather(cluster, seed);
  for (let step = 0; step < 100; step++) {
    await weather.change();
    await cluster.pass(11);
    expect(await weather.forgotten(), `after step ${step}`).toEqual([]);
  }
}, 60_000);
