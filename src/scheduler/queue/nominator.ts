import type { PodInfo } from '../framework/pod-info.ts';

const NONE: readonly PodInfo[] = [];

/** Pods that were promised a node and wait for its victims to leave: others of lower priority must not take the room. */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodeOf = new Map<string, string>();

  /** Replaces what was promised to the pod; '' takes it back. */
  set(pod: PodInfo, node: string): void {
    this.delete(pod.uid);
    if (node === '') return;
    const pods = this.#byNode.get(node) ?? new Map<string, PodInfo>();
    this.#byNode.set(node, pods.set(pod.uid, pod));
    this.#nodeOf.set(pod.uid, node);
  }

  /** The pod changed. A name it gained or lost counts; without either, a promise the server has not heard of yet stays. */
  update(pod: PodInfo, old: PodInfo): void {
    const { nominatedNodeName: now = '' } = pod.pod.status;
    const { nominatedNodeName: before = '' } = old.pod.status;
    this.set(pod, now === '' && before === '' ? (this.#nodeOf.get(pod.uid) ?? '') : now);
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#byNode.get(node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#byNode.delete(node);
  }

  on(node: string): readonly PodInfo[] {
    const pods = this.#byNode.get(node);
    return pods ? [...pods.values()] : NONE;
  }
}
