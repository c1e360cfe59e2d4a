import type { Client } from '../../../client/index.ts';
import { DaemonSet } from '../../../kinds/apps/daemon-set.ts';
import { Deployment } from '../../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../kinds/apps/replica-set.ts';
import { StatefulSet } from '../../../kinds/apps/stateful-set.ts';
import { CronJob } from '../../../kinds/batch/cron-job.ts';
import { Job } from '../../../kinds/batch/job.ts';
import { ConfigMap } from '../../../kinds/core/config-map.ts';
import { HorizontalPodAutoscaler } from '../../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { ResourceQuota } from '../../../kinds/core/resource-quota.ts';
import { Service } from '../../../kinds/core/service.ts';
import { PodDisruptionBudget } from '../../../kinds/policy/pod-disruption-budget.ts';
import type { DeepPartial, KubeObject } from '../../../meta/object.ts';
import type { Resource } from '../../../meta/resource.ts';
import type { Dice } from './dice.ts';
import { BAD_IMAGE, ignore, SLOW_IMAGE } from './nodes.ts';

export const NAMESPACE = 'shop';
/** How claims begin whose StatefulSet keeps them, whatever becomes of it. */
export const KEPT = 'data-db-';
const at = { namespace: NAMESPACE };

/** What one thing a user does is called in the trace, and how it is done. */
export interface Deed {
  readonly name: string;
  readonly act: () => Promise<unknown>;
}

/** Users who do not care: whatever they ask for may be refused. */
export class Users {
  readonly #client: Client;
  readonly #dice: Dice;
  readonly #evicts: boolean;

  constructor(client: Client, dice: Dice, { evict }: { readonly evict: boolean }) {
    this.#evicts = evict;
    this.#client = client;
    this.#dice = dice;
  }

  next(): Deed {
    const { pick } = this.#dice;
    return pick([this.#deployment, this.#deployment, this.#deployment, this.#replicaSet, this.#statefulSet, this.#statefulSet, this.#statefulSet,
      this.#daemonSet, this.#daemonSet, this.#job, this.#job, this.#job, this.#cronJob, this.#cronJob, this.#quota, this.#service, this.#autoscaler, this.#note,
      this.#evicts ? pick([this.#evict, this.#deletePod, this.#relabel]) : this.#deployment]).call(this);
  }

  /** What nothing can be made of is taken back, so that all can come to rest. */
  async relent(): Promise<void> {
    const good = { spec: { template: { spec: { containers: [{ name: 'main', image: 'v1' }] } } } };
    for (const resource of [Deployment, DaemonSet] as const) {
      for (const { metadata, spec } of (await this.#client.list(resource, at)).items) {
        if (spec.template.spec.containers[0]!.image === BAD_IMAGE) await this.#patch(resource, metadata.name, good).act();
      }
    }
    for (const { metadata } of (await this.#client.list(Deployment, at)).items) await this.#patch(Deployment, metadata.name, { spec: { paused: false } }).act();
    for (const { metadata } of (await this.#client.list(Job, at)).items) await this.#patch(Job, metadata.name, { spec: { suspend: false } }).act();
    for (const { metadata } of (await this.#client.list(CronJob, at)).items) await this.#patch(CronJob, metadata.name, { spec: { suspend: true } }).act();
    // A stray that bears the name of a set's member stands in its way for good.
    await this.#client.deleteCollection(Pod, { ...at, labelSelector: 'app=stray' });
    for (const { metadata } of (await this.#client.list(ResourceQuota, at)).items) await this.#patch(ResourceQuota, metadata.name, { spec: { hard: { pods: '100' } } }).act();
  }

  #deployment(): Deed {
    const { pick, below, chance } = this.#dice;
    const name = pick(['web-a', 'web-b']);
    const rolling = () => ({ type: 'RollingUpdate', rollingUpdate: pick([{ maxSurge: 1, maxUnavailable: 0 }, { maxSurge: 0, maxUnavailable: 1 }, { maxSurge: '25%', maxUnavailable: '25%' }, { maxSurge: 3, maxUnavailable: 2 }]) });
    return pick([
      () => this.#create(Deployment, name, { replicas: below(8), strategy: rolling(), minReadySeconds: pick([0, 0, 5]), ...this.#workload(name) }),
      () => this.#patch(Deployment, name, { spec: { replicas: below(9) } }),
      () => this.#patch(Deployment, name, { spec: { template: this.#template(name, [...IMAGES, BAD_IMAGE]) } }),
      () => this.#patch(Deployment, name, { spec: { template: this.#template(name, [...IMAGES, BAD_IMAGE]) } }),
      () => this.#patch(Deployment, name, { spec: { strategy: chance(0.2) ? { type: 'Recreate', rollingUpdate: null } : rolling() } }),
      () => this.#patch(Deployment, name, { spec: { paused: chance(0.4) } }),
      () => this.#remove(Deployment, name),
    ])();
  }

  #replicaSet(): Deed {
    const { pick, below } = this.#dice;
    return pick([
      () => this.#create(ReplicaSet, 'bare', { replicas: below(5), ...this.#workload('bare') }),
      () => this.#patch(ReplicaSet, 'bare', { spec: { replicas: below(6) } }),
      () => this.#remove(ReplicaSet, 'bare'),
    ])();
  }

  #statefulSet(): Deed {
    const { pick, below } = this.#dice;
    const name = pick(['db', 'cache']);
    const rolling = () => (this.#dice.chance(0.1) ? { type: 'OnDelete', rollingUpdate: null }
      : { type: 'RollingUpdate', rollingUpdate: pick<object>([{ partition: 0, maxUnavailable: null }, { partition: 0, maxUnavailable: 2 }, { partition: 2 }]) });
    const [podManagementPolicy, policy] = name === 'db' ? ['OrderedReady', 'Retain'] : ['Parallel', 'Delete'];
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }];
    return pick([
      () => this.#create(StatefulSet, name, {
        replicas: below(5), serviceName: name, revisionHistoryLimit: 1, podManagementPolicy, updateStrategy: rolling(), minReadySeconds: pick([0, 0, 5]), ordinals: { start: pick([0, 0, 3]) },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: policy, whenScaled: policy }, volumeClaimTemplates, ...this.#workload(name),
      }),
      () => this.#patch(StatefulSet, name, { spec: { replicas: below(6) } }),
      () => this.#patch(StatefulSet, name, { spec: { replicas: below(6) } }),
      () => this.#patch(StatefulSet, name, { spec: { template: this.#template(name) } }),
      () => this.#patch(StatefulSet, name, { spec: { updateStrategy: rolling() } }),
      () => this.#remove(StatefulSet, name),
    ])();
  }

  #daemonSet(): Deed {
    const { pick } = this.#dice;
    const rolling = () => ({ type: 'RollingUpdate', rollingUpdate: pick([{ maxUnavailable: 1, maxSurge: 0 }, { maxUnavailable: 2, maxSurge: 0 }, { maxSurge: 1, maxUnavailable: 0 }]) });
    return pick([
      () => this.#create(DaemonSet, 'agent', { revisionHistoryLimit: 1, updateStrategy: rolling(), ...this.#workload('agent') }),
      () => this.#patch(DaemonSet, 'agent', { spec: { template: this.#template('agent', [...IMAGES, BAD_IMAGE]) } }),
      () => this.#patch(DaemonSet, 'agent', { spec: { updateStrategy: rolling() } }),
      () => this.#remove(DaemonSet, 'agent'),
    ])();
  }

  #job(): Deed {
    const { pick, below, between, chance } = this.#dice;
    const name = pick(['sum-a', 'sum-b', 'sum-c']);
    return pick([
      () => this.#create(Job, name, this.#jobSpec(name)),
      () => this.#create(Job, name, this.#jobSpec(name)),
      () => this.#patch(Job, name, { spec: { suspend: chance(0.4) } }),
      () => this.#patch(Job, name, { spec: { parallelism: between(1, 4) } }),
      () => (below(3) === 0 ? this.#remove(Job, name) : this.#patch(Job, name, { spec: { suspend: false } })),
    ])();
  }

  #jobSpec(name: string): object {
    const { pick, between, chance } = this.#dice;
    return {
      ...(chance(0.2) ? { ttlSecondsAfterFinished: 60 } : {}), completions: between(1, 6), parallelism: between(1, 3), backoffLimit: between(2, 8), suspend: chance(0.2),
      completionMode: pick(['Indexed', 'NonIndexed']), podReplacementPolicy: pick(['Failed', 'TerminatingOrFailed']),
      template: { metadata: { labels: { job: name } }, spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'v1' }] } },
    };
  }

  #cronJob(): Deed {
    const { pick, chance } = this.#dice;
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: pick(['v1', SLOW_IMAGE, SLOW_IMAGE]) }] } };
    return pick([
      () => this.#create(CronJob, 'nightly', { schedule: '* * * * *', concurrencyPolicy: pick(['Allow', 'Forbid', 'Replace']), jobTemplate: { spec: { template } } }),
      () => this.#patch(CronJob, 'nightly', { spec: { suspend: chance(0.5) } }),
      () => this.#remove(CronJob, 'nightly'),
    ])();
  }

  #quota(): Deed {
    const { pick, between } = this.#dice;
    const name = 'limit';
    return pick([
      () => this.#create(ResourceQuota, name, { hard: { pods: String(between(5, 15)) } }),
      () => this.#remove(ResourceQuota, name),
      () => this.#create(PersistentVolume, `shelf-${between(1, 5)}`, { capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, persistentVolumeReclaimPolicy: 'Retain' }),
      () => this.#create(PodDisruptionBudget, 'web', { minAvailable: between(1, 3), selector: { matchLabels: { app: 'web-a' } } }),
    ])();
  }

  #service(): Deed {
    const name = this.#dice.pick(['web-a', 'db']);
    const clusterIP = name === 'db' ? { clusterIP: 'None' } : {};
    return this.#dice.chance(0.7) ? this.#create(Service, name, { ...clusterIP, selector: { app: name }, ports: [{ port: 80 }] }) : this.#remove(Service, name);
  }

  /** Something that two workloads own: it goes with the last of them. */
  #note(): Deed {
    return {
      name: 'create a note of two owners',
      act: async () => {
        const owners = (await this.#client.list(Deployment, at)).items.slice(0, 2);
        const ownerReferences = owners.map(({ metadata }) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name, uid: metadata.uid }));
        if (owners.length === 2) await this.#client.create(ConfigMap, { metadata: { name: 'note', ...at, ownerReferences } }).catch(ignore());
      },
    };
  }

  #autoscaler(): Deed {
    const { pick, between, below } = this.#dice;
    const name = 'auto';
    const bounds = () => ({ minReplicas: between(1, 3), maxReplicas: between(3, 7) });
    return pick([
      () => this.#create(Deployment, name, { replicas: below(9), ...this.#workload(name) }),
      () => this.#create(HorizontalPodAutoscaler, name, {
        ...bounds(), scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } }],
      }),
      () => this.#patch(HorizontalPodAutoscaler, name, { spec: bounds() }),
      () => this.#patch(Deployment, name, { spec: { template: this.#template(name) } }),
    ])();
  }

  /** Takes a pod out of its workload's hands. */
  #relabel(): Deed {
    return this.#toAPod('relabel a pod', (name) => this.#patch(Pod, name, { metadata: { labels: { app: 'stray', job: null } } }).act());
  }

  #deletePod(): Deed {
    return this.#toAPod('delete a pod', (name) => this.#client.delete(Pod, name, at));
  }

  #toAPod(name: string, act: (pod: string) => Promise<unknown>): Deed {
    return {
      name,
      act: async () => {
        const pods = (await this.#client.list(Pod, at)).items;
        if (pods.length > 0) await act(this.#dice.pick(pods).metadata.name).catch(ignore());
      },
    };
  }

  #evict(): Deed {
    return this.#toAPod('evict a pod', (name) =>
      this.#client.createSubresource(Pod, name, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }, at));
  }

  #workload(app: string): object {
    return { selector: { matchLabels: { app } }, template: this.#template(app) };
  }

  #template(app: string, images: readonly string[] = IMAGES): object {
    return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: this.#dice.pick(images) }] } };
  }

  #create(resource: Resource, name: string, spec: object): Deed {
    return { name: `create ${resource.kind} ${name} ${JSON.stringify(spec)}`, act: () => this.#client.create<Resource>(resource, { metadata: { name, ...(resource.scope === 'Namespaced' ? at : {}) }, spec } as DeepPartial<KubeObject>).catch(ignore()) };
  }

  #patch(resource: Resource, name: string, body: object): Deed {
    return { name: `patch ${resource.kind} ${name} ${JSON.stringify(body)}`, act: () => this.#client.patch(resource, name, { type: 'merge', body }, at).catch(ignore()) };
  }

  #remove(resource: Resource, name: string): Deed {
    const propagationPolicy = this.#dice.pick(['Background', 'Background', 'Foreground', 'Orphan'] as const);
    return { name: `delete ${resource.kind} ${name} ${propagationPolicy}`, act: () => this.#client.delete(resource, name, { ...at, propagationPolicy }).catch(ignore()) };
  }
}

const IMAGES = ['v1', 'v2', 'v3'];
