import type { Random } from '../../../base/random.ts';
import type { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';
import { isReservedFor } from '../../../rules/pod-resource-claims.ts';
import { allocationOf } from '../../dra/result.ts';
import type { Found } from '../../dra/search.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import type { Verdict } from '../../framework/verdict.ts';
import { bindClaims, deleteExtended, releaseClaim, type BindClaims, type Decided } from './bind.ts';
import type { ExtendedClaim } from './extended.ts';

export interface DeviceServices extends BindClaims {
  readonly random: Pick<Random, 'uuid'>;
}

/** What was found for a pod on one node. */
export interface Answer {
  readonly verdict: Verdict;
  /** The claims to be allocated, and their devices. */
  readonly claims: readonly ResourceClaim[];
  readonly found?: Found;
  readonly extended?: ExtendedClaim;
}

/** The claims of pods that have their node and are on their way there. */
export class GivenClaims {
  readonly #services: DeviceServices;
  readonly #byPod = new Map<string, Decided[]>();

  constructor(services: DeviceServices) {
    this.#services = services;
  }

  has(podUid: string): boolean {
    return this.#byPod.has(podUid);
  }

  forget(podUid: string): void {
    this.#byPod.delete(podUid);
  }

  /** What was found is nobody else's from now on, though only we know. */
  take(pod: PodInfo, node: string, { claims, answer }: { readonly claims: readonly ResourceClaim[]; readonly answer: Answer }): void {
    const { devices, random } = this.#services;
    const reused = claims.filter((claim) => !answer.claims.includes(claim)).map((claim): Decided => ({ claim }));
    const fresh = answer.claims.map((claim, index): Decided => {
      const { chosen, selected } = answer.found!;
      const allocation = allocationOf(claim, { chosen: chosen[index]!, selected: selected[index]! }, { node, share: () => random.uuid() });
      devices.propose(claim.metadata.uid, allocation);
      return { claim, allocation, ...(claim === answer.extended?.claim && { extended: answer.extended }) };
    });
    if (reused.length + fresh.length > 0) this.#byPod.set(pod.uid, [...reused, ...fresh]);
  }

  async bind(pod: PodInfo, node: string, signal: AbortSignal): Promise<void> {
    const claims = this.#byPod.get(pod.uid);
    if (!claims) return;
    const told = (index: number, claim: ResourceClaim) => {
      const { extended } = claims[index]!;
      if (extended && claim.status.allocation) this.#services.devices.withdraw(extended.claim.metadata.uid);
      claims[index] = { ...claims[index], claim };
    };
    await bindClaims([...claims], { pod, node, told }, { ...this.#services, signal });
  }

  /** Devices are free again at once; what was written follows. What cannot be taken back now is found by the next attempt. */
  async takeBack(podUid: string): Promise<void> {
    const claims = this.#byPod.get(podUid) ?? [];
    this.#byPod.delete(podUid);
    for (const { claim, extended } of claims) this.#services.devices.withdraw((extended?.claim ?? claim).metadata.uid);
    await Promise.allSettled(claims.map(({ claim, extended }) => {
      if (extended) return claim === extended.claim ? undefined : deleteExtended(claim, this.#services);
      return isReservedFor(claim, podUid) ? releaseClaim(claim, podUid, this.#services) : undefined;
    }));
  }
}
