import type { Client, Informers } from '../client/index.ts';
import { Namespace } from '../kinds/core/namespace.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import type { ClusterEvent } from './framework/events.ts';
import type { Snapshot } from './framework/plugin.ts';
import { PodInfo } from './framework/pod-info.ts';
import { changesOfAssigned, changesOfNode, changesOfWaiting } from './pod-changes.ts';
import type { Nominator } from './queue/nominator.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import { NodeTable } from './snapshot/node-table.ts';

interface ViewOptions {
  readonly informers: Informers;
  readonly queue: Pick<SchedulingQueue, 'add' | 'update' | 'delete' | 'wake'>;
  readonly nominator: Nominator;
  /** Whether a scheduler name is ours. */
  readonly owns: (schedulerName: string) => boolean;
}

const isOver = ({ status: { phase } }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed';

/**
 * The cluster as the informers tell it, plus what the scheduler has decided but not yet heard back. Feeds the queue.
 * A pod is either waiting (no node: in the queue, or assumed) or assigned (counted in the table).
 */
export class ClusterView implements Disposable {
  readonly table = new NodeTable();
  readonly snapshot: Snapshot;
  readonly #options: ViewOptions;
  readonly #assumed = new Map<string, PodInfo>();
  readonly #handlers: Disposable[];

  constructor(options: ViewOptions) {
    this.#options = options;
    const namespaces = options.informers.for(Namespace).lister;
    this.snapshot = { table: this.table, namespaceLabels: (name) => namespaces.get(name)?.metadata.labels };
    this.#handlers = [
      options.informers.for(Node).addHandler({
        onAdd: (node) => this.#nodeAdded(node),
        onUpdate: (node, old) => this.#nodeChanged(node, old),
        onDelete: (node) => this.#nodeRemoved(node),
      }),
      options.informers.for(Namespace).addHandler({ onUpdate: (namespace, old) => this.#namespaceChanged(namespace, old) }),
      options.informers.for(Pod).addHandler({
        onAdd: (pod) => this.#podAdded(pod),
        onUpdate: (pod, old) => this.#podChanged(pod, old),
        onDelete: (pod) => this.#podDeleted(pod),
      }),
    ];
  }

  /** Counts the pod on a node before the server has confirmed it. */
  assume(pod: PodInfo, node: string): void {
    this.table.addPod(pod, node);
    this.#assumed.set(pod.uid, pod);
    this.#options.nominator.delete(pod.uid);
  }

  /** Takes an assumption back; false when the pod has its node after all. */
  forget(pod: PodInfo): boolean {
    if (!this.#assumed.delete(pod.uid)) return false;
    this.table.removePod(pod.uid);
    this.#options.queue.wake({ reason: 'pod-removed', pod });
    return true;
  }

  /** The pod as the informer has it now, unless it has gone, been replaced, or been given a node. */
  stillWaiting({ pod, uid }: PodInfo): PodInfo | undefined {
    const current = this.#options.informers.for(Pod).lister.get(pod.metadata.name, pod.metadata.namespace);
    if (!current || current.metadata.uid !== uid || current.spec.nodeName || current.metadata.deletionTimestamp) return undefined;
    return new PodInfo(current);
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
  }

  #nodeAdded(node: Node): void {
    this.table.setNode(node);
    this.#options.queue.wake({ reason: 'node-added', node });
  }

  #nodeChanged(node: Node, oldNode: Node): void {
    const changes = changesOfNode(oldNode, node);
    if (changes.length === 0) return;
    this.table.setNode(node);
    for (const reason of changes) this.#options.queue.wake({ reason, node, oldNode });
  }

  #nodeRemoved(node: Node): void {
    this.table.removeNode(node.metadata.name);
    this.#options.queue.wake({ reason: 'node-removed', node });
  }

  #namespaceChanged({ metadata }: Namespace, old: Namespace): void {
    if (JSON.stringify(metadata.labels) === JSON.stringify(old.metadata.labels)) return;
    this.table.namespacesChanged();
    this.#options.queue.wake({ reason: 'namespace-labels' });
  }

  #podAdded(pod: Pod): void {
    const info = new PodInfo(pod);
    if (pod.spec.nodeName) return this.#assigned(info, pod.spec.nodeName);
    if (this.#isOurs(pod)) {
      this.#options.nominator.set(info, pod.status.nominatedNodeName ?? '');
      this.#options.queue.add(info);
    }
  }

  #podChanged(pod: Pod, old: Pod): void {
    if (pod.metadata.uid !== old.metadata.uid) {
      this.#podDeleted(old);
      return this.#podAdded(pod);
    }
    const info = new PodInfo(pod);
    if (!old.spec.nodeName && pod.spec.nodeName) return this.#assigned(info, pod.spec.nodeName);
    if (pod.spec.nodeName) return this.#assignedChanged(info, new PodInfo(old));
    if (this.#assumed.has(info.uid)) return;
    if (!this.#isOurs(pod)) return this.#options.queue.delete(info.uid);
    const before = new PodInfo(old);
    this.#options.nominator.update(info, before);
    this.#options.queue.update(info, changesOfWaiting(before, info));
  }

  #podDeleted(pod: Pod): void {
    const { uid } = pod.metadata;
    this.#options.nominator.delete(uid);
    this.#options.queue.delete(uid);
    // An assumed pod's binding will fail, and forget it.
    if (pod.spec.nodeName) this.#left(new PodInfo(pod));
  }

  #assigned(info: PodInfo, node: string): void {
    this.#assumed.delete(info.uid);
    this.#options.nominator.delete(info.uid);
    this.#options.queue.delete(info.uid);
    if (isOver(info.pod)) return;
    const known = this.table.nodeOf(info.uid) === node;
    this.table.addPod(info, node);
    if (!known) this.#options.queue.wake({ reason: 'pod-assigned', pod: info });
  }

  #assignedChanged(info: PodInfo, old: PodInfo): void {
    if (isOver(info.pod)) return this.#left(info);
    this.table.addPod(info, info.pod.spec.nodeName!);
    for (const reason of changesOfAssigned(old, info)) this.#options.queue.wake({ reason, pod: info });
  }

  #left(pod: PodInfo): void {
    this.#assumed.delete(pod.uid);
    if (this.table.nodeOf(pod.uid) === undefined) return;
    this.table.removePod(pod.uid);
    const event: ClusterEvent = { reason: 'pod-removed', pod };
    this.#options.queue.wake(event);
  }

  #isOurs(pod: Pod): boolean {
    return !pod.metadata.deletionTimestamp && !isOver(pod) && this.#options.owns(pod.spec.schedulerName ?? 'default-scheduler');
  }
}

/** What the scheduler writes with. */
export type SchedulerClient = Pick<Client, 'createSubresource' | 'patch' | 'delete' | 'create'>;
