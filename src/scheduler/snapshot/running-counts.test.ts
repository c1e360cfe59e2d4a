import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { matchesLabelSelector } from '../../meta/label-selector.ts';
import { explainPod } from '../cycle.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { makeNode, podInfo, TestCluster } from '../testing/cluster.ts';
import type { NodeInfo } from './node-info.ts';

const KEYS = ['zone', 'kubernetes.io/hostname'];
const NAMESPACES = { default: { team: 'x' }, shop: { team: 'y' }, lab: { team: 'x' } };
type Namespace = keyof typeof NAMESPACES;

interface Term {
  readonly topologyKey: string;
  readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}

/** Random clusters in which the verdicts from running counts are compared with those of asking every pod. */
class World {
  readonly #random;
  readonly cluster: TestCluster;
  readonly placed = new Map<string, { readonly pod: PodInfo; readonly node: string }>();
  readonly names = Array.from({ length: 9 }, (_, i) => `n${i}`);

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.cluster = new TestCluster(this.names.map((name, i) => makeNode(name, { labels: i === 8 ? {} : { zone: `z${i % 3}` } })));
    for (const [name, labels] of Object.entries(NAMESPACES)) this.cluster.namespaces.set(name, labels);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random.next() * from.length)]!;
  }

  term(): Term {
    const scope = this.pick([{}, {}, { namespaces: ['shop'] }, { namespaceSelector: { matchLabels: { team: 'x' } } }]);
    return { topologyKey: this.pick(KEYS), labelSelector: { matchLabels: { app: this.pick(['a', 'b', 'c']) } }, ...scope };
  }

  pod(name: string): PodInfo {
    const required = (terms: readonly Term[]) => (terms.length === 0 ? {} : { requiredDuringSchedulingIgnoredDuringExecution: terms });
    const podAffinity = required(this.pick([[], [], [this.term()], [this.term(), this.term()]]));
    const podAntiAffinity = required(this.pick([[], [], [this.term()]]));
    const spread = this.pick([[], [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', topologyKey: this.pick(KEYS), labelSelector: this.term().labelSelector }]]);
    return podInfo(name, {
      namespace: this.pick(Object.keys(NAMESPACES)), labels: { app: this.pick(['a', 'b', 'c']) },
      spec: { affinity: { podAffinity, podAntiAffinity }, ...(spread.length > 0 && { topologySpreadConstraints: spread }) } as never,
    });
  }

  change(step: number): void {
    const name = `p${this.pick([...Array(20).keys()])}`;
    for (const [uid, { pod }] of this.placed) if (pod.pod.metadata.name === name) {
      this.cluster.table.removePod(uid);
      this.placed.delete(uid);
      if (step % 3 === 0) return;
    }
    const pod = this.pod(name);
    const node = this.pick(this.names);
    this.cluster.table.addPod(pod, node);
    this.placed.set(pod.uid, { pod, node });
  }

  verdicts(pod: PodInfo, plugin: string): readonly string[] {
    return explainPod(pod, this.cluster.input).filter((one) => one.plugin === plugin).map(({ node, rejection }) => `${node.name}: ${rejection.reasons[0]}`).toSorted();
  }

  speaksOf(own: PodInfo, { labelSelector, namespaces, namespaceSelector }: Term, { namespace, labels }: PodInfo): boolean {
    const named = namespaces ?? (namespaceSelector ? [] : [own.namespace]);
    const inScope = named.includes(namespace) || (namespaceSelector !== undefined && matchesLabelSelector(namespaceSelector, NAMESPACES[namespace as Namespace]));
    return inScope && matchesLabelSelector(labelSelector, labels);
  }

  /** Whether some placed pod that `is` so lies where the node does. */
  near(node: NodeInfo, key: string, is: (pod: PodInfo) => boolean): boolean {
    return [...this.placed.values()].some(({ pod, node: at }) => {
      const { labels } = this.cluster.table.get(at)!;
      return node.labels[key] !== undefined && labels[key] === node.labels[key] && is(pod);
    });
  }

  affinityByHand(pod: PodInfo): readonly string[] {
    const of = (one: PodInfo, kind: 'podAffinity' | 'podAntiAffinity') => (one.pod.spec.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []) as readonly Term[];
    const affinity = of(pod, 'podAffinity');
    const meetsAll = (other: PodInfo) => affinity.every((term) => this.speaksOf(pod, term, other));
    const { nodes } = this.cluster.table;
    const nobody = !nodes.some((node) => affinity.some(({ topologyKey }) => this.near(node, topologyKey, meetsAll)));
    return nodes.flatMap((node) => {
      const labelled = affinity.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);
      const isNear = labelled && (affinity.every(({ topologyKey }) => this.near(node, topologyKey, meetsAll)) || (nobody && meetsAll(pod)));
      if (affinity.length > 0 && !isNear) return [`${node.name}: node(s) didn't match pod affinity rules`];
      if (of(pod, 'podAntiAffinity').some((term) => this.near(node, term.topologyKey, (other) => this.speaksOf(pod, term, other)))) {
        return [`${node.name}: node(s) didn't match pod anti-affinity rules`];
      }
      const unwelcome = KEYS.some((key) => this.near(node, key, (other) => of(other, 'podAntiAffinity').some((term) => term.topologyKey === key && this.speaksOf(other, term, pod))));
      return unwelcome ? [`${node.name}: node(s) didn't satisfy existing pods anti-affinity rules`] : [];
    }).toSorted();
  }

  spreadByHand(pod: PodInfo): readonly string[] {
    const constraint = pod.pod.spec.topologySpreadConstraints?.[0];
    if (!constraint) return [];
    const { nodes } = this.cluster.table;
    const selects = (other: PodInfo) => other.namespace === pod.namespace && matchesLabelSelector(constraint.labelSelector!, other.labels);
    const countIn = (value: string) => [...this.placed.values()].filter((one) => this.cluster.table.get(one.node)!.labels[constraint.topologyKey] === value && selects(one.pod)).length;
    const domains = [...new Set(nodes.flatMap(({ labels }) => labels[constraint.topologyKey] ?? []))];
    const least = Math.min(...domains.map(countIn));
    return nodes.flatMap(({ name, labels }) => {
      const value = labels[constraint.topologyKey];
      if (value === undefined) return [`${name}: node(s) didn't match pod topology spread constraints (missing required label)`];
      return countIn(value) + (selects(pod) ? 1 : 0) - least > 1 ? [`${name}: node(s) didn't match pod topology spread constraints`] : [];
    }).toSorted();
  }
}

test.each([1, 2, 3, 4])('verdicts from running counts are those of asking every pod (seed %i)', (seed) => {
  const world = new World(seed);
  for (let step = 0; step < 150; step++) {
    world.change(step);
    const pod = world.pod('incoming');
    expect(world.verdicts(pod, 'InterPodAffinity'), `step ${step}`).toEqual(world.affinityByHand(pod));
    expect(world.verdicts(pod, 'PodTopologySpread'), `step ${step}`).toEqual(world.spreadByHand(pod));
  }
});

test('a namespace that gets other labels is counted anew', () => {
  const cluster = new TestCluster([makeNode('a'), makeNode('b')]);
  const near = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [
    { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'cache' } }, namespaceSelector: { matchLabels: { team: 'x' } } },
  ] } } };
  cluster.namespaces.set('other', { team: 'y' });
  cluster.run('b', 'cache', { namespace: 'other', labels: { app: 'cache' } });
  expect(cluster.place('web', { spec: near })).toContain("2 node(s) didn't match pod affinity rules");

  cluster.namespaces.set('other', { team: 'x' });
  cluster.table.namespacesChanged();
  expect(cluster.place('web', { spec: near })).toBe('b');
});
