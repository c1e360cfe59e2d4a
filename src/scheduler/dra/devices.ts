import { compareResourceVersions, type Informers } from '../../client/index.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { AllocationResult } from '../../kinds/resource/device-claim-status.ts';
import { DeviceClass } from '../../kinds/resource/device-class.ts';
import { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ResourceSlice } from '../../kinds/resource/resource-slice.ts';
import type { ClusterEvent } from '../framework/events.ts';
import { Ledger, type Allocated } from './ledger.ts';
import { PoolIndex, type Pool } from './pools.ts';
import { DeviceSelectors } from './selectors.ts';

/** What the DynamicResources plugin knows of claims and devices, and what it tells before the server does. */
export interface DeviceView {
  readonly allocated: Allocated;
  readonly selectors: DeviceSelectors;
  claim(name: string, namespace: string): ResourceClaim | undefined;
  deviceClass(name: string): DeviceClass | undefined;
  /** The class whose devices stand for an extended resource; the newest of several. */
  classOfResource(resource: string): DeviceClass | undefined;
  /** The claim that an earlier attempt made for the pod's extended resources. */
  extendedClaim(podUid: string): ResourceClaim | undefined;
  pools(node: Node): readonly Pool[];
  /** Whether an allocation of the claim is being written. */
  isPending(claimUid: string): boolean;
  propose(claimUid: string, allocation: AllocationResult): void;
  withdraw(claimUid: string): void;
  /** The server's answer to a write, ahead of the informer. */
  learn(claim: ResourceClaim): void;
  /** Resolves when a claim has changed. */
  untilChange(): Promise<void>;
}

/** Of which pod's extended resources a claim is. */
export const EXTENDED_CLAIM = 'resource.kubernetes.io/extended-resource-claim';
const BY_POD = 'extended-of-pod';
const BY_RESOURCE = 'resource';
const IMPLICIT = 'deviceclass.resource.kubernetes.io/';

const keyOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** The view from informers; waiting pods are woken by what changes in it. */
export class ClusterDevices implements DeviceView, Disposable {
  readonly allocated = new Ledger();
  readonly selectors = new DeviceSelectors();
  readonly #informers: Informers;
  readonly #pools: PoolIndex;
  readonly #pending = new Map<string, AllocationResult>();
  /** Claims newer than the informer's, by `namespace/name`. */
  readonly #learnt = new Map<string, ResourceClaim>();
  readonly #handlers: Disposable[];
  readonly #wake: (event: ClusterEvent) => void;
  #change: Promise<void> | undefined;
  #tellOfChange: () => void = () => {};

  constructor(informers: Informers, wake: (event: ClusterEvent) => void) {
    this.#informers = informers;
    this.#wake = wake;
    this.#pools = new PoolIndex(() => informers.for(ResourceSlice).lister.list());
    informers.for(DeviceClass).addIndex(BY_RESOURCE, ({ metadata, spec }) => [`${IMPLICIT}${metadata.name}`, spec.extendedResourceName ?? '']);
    informers.for(ResourceClaim).addIndex(BY_POD, ({ metadata }) =>
      (metadata.annotations?.[EXTENDED_CLAIM] === 'true' ? metadata.ownerReferences?.filter(({ controller }) => controller).map(({ uid }) => uid) ?? [] : []));
    const classChanged = () => wake({ reason: 'device-class' });
    const sliceChanged = () => {
      this.#pools.changed();
      wake({ reason: 'device-slice' });
    };
    this.#handlers = [
      informers.for(ResourceClaim).addHandler({
        onAdd: (claim) => this.#claimChanged(claim),
        onUpdate: (claim, old) => this.#claimChanged(claim, old),
        onDelete: (claim) => this.#claimGone(claim),
        onProgress: (resourceVersion) => this.#caughtUp(resourceVersion),
      }),
      informers.for(DeviceClass).addHandler({ onAdd: classChanged, onUpdate: classChanged }),
      informers.for(ResourceSlice).addHandler({ onAdd: sliceChanged, onUpdate: sliceChanged, onDelete: () => this.#pools.changed() }),
    ];
  }

  claim(name: string, namespace: string): ResourceClaim | undefined {
    return this.#learnt.get(`${namespace}/${name}`) ?? this.#informers.for(ResourceClaim).lister.get(name, namespace);
  }

  deviceClass(name: string): DeviceClass | undefined {
    return this.#informers.for(DeviceClass).lister.get(name);
  }

  classOfResource(resource: string): DeviceClass | undefined {
    const [first, ...others] = this.#informers.for(DeviceClass).lister.byIndex(BY_RESOURCE, resource);
    return others.reduce((best, other) => (isBefore(other, best!) ? other : best), first);
  }

  extendedClaim(podUid: string): ResourceClaim | undefined {
    const [found] = this.#informers.for(ResourceClaim).lister.byIndex(BY_POD, podUid);
    return found && this.claim(found.metadata.name, found.metadata.namespace ?? '');
  }

  pools(node: Node): readonly Pool[] {
    return this.#pools.on(node);
  }

  isPending(claimUid: string): boolean {
    return this.#pending.has(claimUid);
  }

  propose(claimUid: string, allocation: AllocationResult): void {
    this.#pending.set(claimUid, allocation);
    this.allocated.record(claimUid, allocation);
  }

  withdraw(claimUid: string): void {
    if (!this.#pending.delete(claimUid)) return;
    this.allocated.record(claimUid, undefined);
    // No informer tells of devices that were nearly given.
    this.#wake({ reason: 'device-slice' });
  }

  learn(claim: ResourceClaim): void {
    const known = this.#informers.for(ResourceClaim).lister.get(claim.metadata.name, claim.metadata.namespace);
    const isNews = !known || compareResourceVersions(known.metadata.resourceVersion, claim.metadata.resourceVersion) < 0;
    if (isNews) this.#learnt.set(keyOf(claim), claim);
    this.#pending.delete(claim.metadata.uid);
    if (isNews) this.allocated.record(claim.metadata.uid, claim.status.allocation);
    else this.allocated.record(known.metadata.uid, known.status.allocation);
  }

  untilChange(): Promise<void> {
    return (this.#change ??= new Promise((resolve) => (this.#tellOfChange = resolve)));
  }

  [Symbol.dispose](): void {
    for (const handler of this.#handlers) handler[Symbol.dispose]();
  }

  #claimChanged(claim: ResourceClaim, old?: ResourceClaim): void {
    if (old && old.metadata.uid !== claim.metadata.uid) this.allocated.record(old.metadata.uid, undefined);
    const learnt = this.#learnt.get(keyOf(claim));
    const isStale = learnt !== undefined && learnt.metadata.uid === claim.metadata.uid &&
      compareResourceVersions(claim.metadata.resourceVersion, learnt.metadata.resourceVersion) < 0;
    if (!isStale) {
      this.#learnt.delete(keyOf(claim));
      if (!this.#pending.has(claim.metadata.uid)) this.allocated.record(claim.metadata.uid, claim.status.allocation);
    }
    this.#changed({ reason: 'device-claim', deviceClaim: claim, ...(old && { oldDeviceClaim: old }) });
  }

  #claimGone(claim: ResourceClaim): void {
    this.#learnt.delete(keyOf(claim));
    this.#pending.delete(claim.metadata.uid);
    this.allocated.record(claim.metadata.uid, undefined);
    const { allocation: _, ...status } = claim.status;
    this.#changed({ reason: 'device-claim', deviceClaim: { ...claim, status }, oldDeviceClaim: claim });
  }

  /** What was learnt is old news now; a claim that came and went within one list was never told of. */
  #caughtUp(resourceVersion: string): void {
    for (const [key, { metadata }] of this.#learnt) {
      if (compareResourceVersions(metadata.resourceVersion, resourceVersion) > 0) continue;
      this.#learnt.delete(key);
      if (this.#pending.has(metadata.uid)) continue;
      const now = this.claim(metadata.name, metadata.namespace ?? '');
      this.allocated.record(metadata.uid, now?.metadata.uid === metadata.uid ? now.status.allocation : undefined);
    }
  }

  #changed(event: ClusterEvent): void {
    this.#wake(event);
    this.#change = undefined;
    this.#tellOfChange();
  }
}

const isBefore = (a: DeviceClass, b: DeviceClass): boolean =>
  a.metadata.creationTimestamp > b.metadata.creationTimestamp || (a.metadata.creationTimestamp === b.metadata.creationTimestamp && a.metadata.name < b.metadata.name);
