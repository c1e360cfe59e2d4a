import type { Informers } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { PersistentVolume } from '../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { CSIDriver } from '../../kinds/storage/csi-driver.ts';
import { CSINode } from '../../kinds/storage/csi-node.ts';
import { CSIStorageCapacity } from '../../kinds/storage/csi-storage-capacity.ts';
import { StorageClass } from '../../kinds/storage/storage-class.ts';
import { VolumeAttachment } from '../../kinds/storage/volume-attachment.ts';
import { classOf } from '../../kinds/core/storage-class-of.ts';
import type { ClusterEvent } from '../framework/events.ts';

/** What the volume plugins know of claims, volumes and who makes them. */
export interface StorageView {
  /** By `namespace/name`. */
  claim(key: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumesOfClass(name: string): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiNode(node: string): CSINode | undefined;
  /** Names of the volumes that are attached to the node, or on their way on or off. */
  attached(node: string): readonly string[];
  csiDriver(name: string): CSIDriver | undefined;
  capacities(storageClass: string): readonly CSIStorageCapacity[];
  node(name: string): Node | undefined;
  pod(name: string, namespace: string): Pod | undefined;
  /** Resolves when a claim or a volume has changed. */
  untilChange(): Promise<void>;
}

const BY_CLASS = 'class';
const BY_NODE = 'node';

/** The view from informers; plugins' pods are woken by what changes in it. */
export class ClusterStorage implements StorageView, Disposable {
  readonly #informers: Informers;
  readonly #handlers: Disposable[];
  #change: Promise<void> | undefined;
  #tellOfChange: () => void = () => {};

  constructor(informers: Informers, wake: (event: ClusterEvent) => void) {
    this.#informers = informers;
    informers.for(PersistentVolume).addIndex(BY_CLASS, (volume) => [classOf(volume)]);
    informers.for(CSIStorageCapacity).addIndex(BY_CLASS, ({ storageClassName }) => [storageClassName]);
    informers.for(VolumeAttachment).addIndex(BY_NODE, ({ spec }) => [spec.nodeName]);
    const changed = (event: ClusterEvent) => {
      wake(event);
      this.#change = undefined;
      this.#tellOfChange();
    };
    const claimed = ({ metadata }: PersistentVolumeClaim) => changed({ reason: 'claim-changed', claim: `${metadata.namespace}/${metadata.name}` });
    const on = (event: ClusterEvent, tell: (event: ClusterEvent) => void) => ({ onAdd: () => tell(event), onUpdate: () => tell(event) });
    this.#handlers = [
      informers.for(PersistentVolumeClaim).addHandler({ onAdd: claimed, onUpdate: claimed, onDelete: claimed }),
      informers.for(PersistentVolume).addHandler(on({ reason: 'volume-changed' }, changed)),
      informers.for(StorageClass).addHandler(on({ reason: 'storage-class' }, wake)),
      informers.for(CSINode).addHandler(on({ reason: 'csi-node' }, wake)),
      informers.for(VolumeAttachment).addHandler({ onDelete: () => wake({ reason: 'volume-detached' }) }),
      informers.for(CSIDriver).addHandler(on({ reason: 'csi-driver' }, wake)),
      informers.for(CSIStorageCapacity).addHandler(on({ reason: 'csi-capacity' }, wake)),
    ];
  }

  claim(key: string): PersistentVolumeClaim | undefined {
    const [namespace, name = ''] = key.split('/');
    return this.#informers.for(PersistentVolumeClaim).lister.get(name, namespace);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#informers.for(PersistentVolume).lister.get(name);
  }

  volumesOfClass(name: string): readonly PersistentVolume[] {
    return this.#informers.for(PersistentVolume).lister.byIndex(BY_CLASS, name);
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#informers.for(StorageClass).lister.get(name);
  }

  csiNode(node: string): CSINode | undefined {
    return this.#informers.for(CSINode).lister.get(node);
  }

  attached(node: string): readonly string[] {
    return this.#informers.for(VolumeAttachment).lister.byIndex(BY_NODE, node).flatMap(({ spec }) => spec.source.persistentVolumeName ?? []);
  }

  csiDriver(name: string): CSIDriver | undefined {
    return this.#informers.for(CSIDriver).lister.get(name);
  }

  capacities(storageClass: string): readonly CSIStorageCapacity[] {
    return this.#informers.for(CSIStorageCapacity).lister.byIndex(BY_CLASS, storageClass);
  }

  node(name: string): Node | undefined {
    return this.#informers.for(Node).lister.get(name);
  }

  pod(name: string, namespace: string): Pod | undefined {
    return this.#informers.for(Pod).lister.get(name, namespace);
  }

  untilChange(): Promise<void> {
    return (this.#change ??= new Promise((resolve) => (this.#tellOfChange = resolve)));
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
  }
}
