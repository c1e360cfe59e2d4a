import type { Clock } from '../../../base/clock.ts';
import type { Client, Informers } from '../../../client/index.ts';
import { Lease } from '../../../kinds/coordination/lease.ts';
import { Node } from '../../../kinds/core/node.ts';
import { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { isApiError } from '../../../meta/api-error.ts';
import { formatMicroTime, formatTime } from '../../../meta/time.ts';
import { isTerminalPhase, setCondition } from '../../../rules/pod-conditions.ts';
import { untolerated } from '../../../rules/tolerations.ts';
import { nodeOf } from '../../daemon-set/placement.ts';
import type { Dice } from './dice.ts';

const LEASES = 'kube-node-lease';
/** Containers of this image never become ready. */
export const BAD_IMAGE = 'bad';
/** Containers of this image take their time to end. */
export const SLOW_IMAGE = 'slow';

/** A scheduler, kubelets and a provisioner in a few lines: they bind, start, end and remove pods when the dice say so. */
export class FakeNodes {
  readonly #client: Client;
  readonly #informers: Informers;
  readonly #clock: Clock;
  readonly #dice: Dice;
  /** Nodes whose kubelet lives. */
  readonly alive = new Set<string>();
  /** In the end nothing dawdles and no container fails. */
  brisk = false;
  readonly #flaps: boolean;
  #made = 0;

  constructor(around: { readonly client: Client; readonly informers: Informers; readonly clock: Clock; readonly dice: Dice; readonly flaps: boolean }) {
    this.#flaps = around.flaps;
    this.#client = around.client;
    this.#informers = around.informers;
    this.#clock = around.clock;
    this.#dice = around.dice;
  }

  async add(name: string): Promise<void> {
    await this.#client.create(Node, { metadata: { name, labels: { 'kubernetes.io/hostname': name } }, status: { conditions: this.#conditions(), allocatable: { pods: '110' } } });
    await this.#client.create(Lease, { metadata: { name, namespace: LEASES }, spec: { holderIdentity: name } }).catch(ignore('AlreadyExists'));
    this.alive.add(name);
    await this.#beat(name);
  }

  /** Its kubelet falls silent. */
  lose(name: string): void {
    this.alive.delete(name);
  }

  async remove(name: string): Promise<void> {
    this.alive.delete(name);
    await this.#client.delete(Node, name).catch(ignore('NotFound'));
  }

  async revive(name: string): Promise<void> {
    this.alive.add(name);
    await this.#beat(name);
  }

  get all(): readonly Node[] {
    return this.#informers.for(Node).lister.list();
  }

  async tick(): Promise<void> {
    for (const name of this.alive) await this.#beat(name);
    for (const pod of this.#informers.for(Pod).lister.list()) await this.#live(pod).catch(ignore('NotFound', 'Conflict'));
    for (const claim of this.#informers.for(PersistentVolumeClaim).lister.list()) await this.#provision(claim);
  }

  /** Makes a volume for a claim that waits, be it meant for it or for anyone; volumes of nobody's go. */
  async #provision({ metadata: { name, namespace = '', deletionTimestamp }, status }: PersistentVolumeClaim): Promise<void> {
    if (status.phase !== 'Pending' || deletionTimestamp !== undefined || (!this.brisk && this.#dice.chance(0.8))) return;
    const claimRef = this.#dice.chance(0.5) ? { claimRef: { namespace, name } } : {};
    await this.#client.create(PersistentVolume, {
      metadata: { name: `volume-${this.#made++}` },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, persistentVolumeReclaimPolicy: 'Retain', ...claimRef },
    });
  }

  #claimsOf({ spec, metadata }: Pod): readonly (PersistentVolumeClaim | undefined)[] {
    return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => (claim ? [this.#informers.for(PersistentVolumeClaim).lister.get(claim.claimName, metadata.namespace)] : []));
  }

  async #live(pod: Pod): Promise<void> {
    const { metadata: { name, namespace = '', deletionTimestamp }, spec, status } = pod;
    if (!spec.nodeName) return deletionTimestamp === undefined ? this.#bind(pod) : undefined;
    if (!this.alive.has(spec.nodeName)) return;
    if (!this.brisk && this.#dice.chance(0.4)) return;
    if (deletionTimestamp !== undefined) {
      // A kubelet says how it ended before it lets it go.
      if (!isTerminalPhase(status.phase)) await this.#report(pod, { phase: 'Failed' }, false);
      return void (await this.#client.delete(Pod, name, { namespace, gracePeriodSeconds: 0 }));
    }
    if ((status.phase ?? 'Pending') === 'Pending' || (status.phase === 'Running' && this.#shouldBeReadyAgain(pod))) {
      await this.#report(pod, { phase: 'Running' }, spec.containers[0]!.image !== BAD_IMAGE);
    } else if (status.phase === 'Running' && this.#flaps && !this.brisk && spec.restartPolicy === 'Always' && this.#dice.chance(0.02)) {
      await this.#report(pod, {}, false);
    } else if (status.phase === 'Running' && spec.restartPolicy !== 'Always' && (this.brisk || spec.containers[0]!.image !== SLOW_IMAGE || this.#dice.chance(0.02))) {
      await this.#report(pod, { phase: !this.brisk && this.#dice.chance(0.15) ? 'Failed' : 'Succeeded' }, false);
    }
  }

  /** After its node came back: the lifecycle controller had called it not ready. */
  #shouldBeReadyAgain({ spec, status }: Pod): boolean {
    return spec.containers[0]!.image !== BAD_IMAGE && !status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  }

  async #report(pod: Pod, status: Partial<Pod['status']>, isReady: boolean): Promise<void> {
    const at = formatTime(this.#clock.now());
    const conditions = setCondition(pod.status.conditions, { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: at });
    const exit = { exitCode: status.phase === 'Failed' ? 1 : 0, finishedAt: at, startedAt: at };
    const ip = pod.status.podIP ?? `10.244.${this.#made >> 8}.${this.#made++ & 255}`;
    const ended = (status.phase ?? 'Running') === 'Running' ? {} : { containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({ name, image, imageID: '', ready: false, restartCount: 0, state: { terminated: exit }, lastState: {} })) };
    await this.#client.updateStatus(Pod, { ...pod, status: { ...pod.status, startTime: at, podIP: ip, podIPs: [{ ip }], ...status, ...ended, conditions } });
  }

  async #bind(pod: Pod): Promise<void> {
    if (!this.brisk && this.#dice.chance(0.3)) return;
    // A pod waits for its claims, and takes none that is on its way out.
    if (this.#claimsOf(pod).some((claim) => claim?.status.phase !== 'Bound' || claim.metadata.deletionTimestamp !== undefined)) return;
    const pinned = nodeOf(pod);
    const fits = this.all.filter(({ metadata, spec }) =>
      (pinned === undefined || pinned === metadata.name) && untolerated(pod.spec.tolerations, spec.taints, ['NoSchedule', 'NoExecute']).length === 0);
    if (fits.length === 0) return;
    const { name, namespace = '' } = pod.metadata;
    const target = { kind: 'Node', name: this.#dice.pick(fits).metadata.name };
    await this.#client.createSubresource(Pod, name, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target }, { namespace });
  }

  async #beat(name: string): Promise<void> {
    const now = this.#clock.now();
    await this.#client.patch(Lease, name, { type: 'merge', body: { spec: { renewTime: formatMicroTime(now) } } }, { namespace: LEASES });
    const node = this.#informers.for(Node).lister.get(name);
    if (node && !node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) {
      await this.#client.patch(Node, name, { type: 'strategic', body: { status: { conditions: this.#conditions() } } }, { subresource: 'status' }).catch(ignore('NotFound'));
    }
  }

  #conditions() {
    const at = formatTime(this.#clock.now());
    return [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: at, lastTransitionTime: at }];
  }
}

/** Another was faster. */
export function ignore(...reasons: Parameters<typeof isApiError>[1][]): (error: unknown) => undefined {
  return (error) => {
    if (!isApiError(error, ...reasons)) throw error;
  };
}
