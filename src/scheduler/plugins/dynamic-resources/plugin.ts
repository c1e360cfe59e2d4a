import { messageOf } from '../../../base/message-of.ts';
import type { Node } from '../../../kinds/core/node.ts';
import type { DeviceRequest } from '../../../kinds/resource/device-claim.ts';
import type { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';
import { deepEqual } from '../../../base/deep-equal.ts';
import { matchesNodeSelector } from '../../../rules/node-affinity.ts';
import { asksOf } from '../../dra/asks.ts';
import type { DeviceView } from '../../dra/devices.ts';
import type { Nanos } from '../../dra/ledger.ts';
import { countersLeft, type PoolBase } from '../../dra/pools.ts';
import { findDevices, SearchTimeout, type Found } from '../../dra/search.ts';
import type { ClusterEvent } from '../../framework/events.ts';
import { moreIsBetter } from '../../framework/normalize.ts';
import { definePlugin, type PostFiltered } from '../../framework/plugin.ts';
import type { PodInfo } from '../../framework/pod-info.ts';
import { pass, rejectForGood, type Rejection } from '../../framework/verdict.ts';
import { deallocate, deleteExtended } from './bind.ts';
import { extendedClaimOn, resourcesByDevices } from './extended.ts';
import { GivenClaims, type Answer, type DeviceServices } from './given.ts';
import { claimsOf, whyNot } from './pod-claims.ts';
import { isLate, readinessOf } from './readiness.ts';

/** One pod's claims during one cycle. */
interface State {
  readonly pod: PodInfo;
  readonly claims: readonly ResourceClaim[];
  /** Extended resources that devices may stand for. */
  readonly resources: readonly string[];
  /** What an earlier attempt left behind for them. */
  readonly leftover?: ResourceClaim;
  readonly answers: Map<string, Answer>;
  readonly counters: Map<PoolBase, Nanos>;
  /** What claims ask for, where it is the same on every node. */
  readonly asks: Map<ResourceClaim, ReturnType<typeof asksOf>>;
  /** Allocated where the pod cannot use them, or not as they should be. */
  readonly unavailable: Set<ResourceClaim>;
}

/**
 * How long devices of one node are looked for. Upstream allows 10 s, beside its other work; here nothing else would move, and a search
 * that has not ended by then is one that tries millions of combinations.
 */
const SEARCH_MILLIS = 1_000;

const unavailable = rejectForGood('resourceclaim not available on the node');
const noDevices = rejectForGood('cannot allocate all claims');
const invalidPools = rejectForGood('invalid resource pools were encountered');
const tooSlow = rejectForGood('timed out trying to allocate devices');
const stale = rejectForGood('cannot schedule extended resource claim');

/** Finds devices for the pod's claims on a node, gives them to the claims when the pod goes there, and the pod a place among their users. */
export const dynamicResources = (services: DeviceServices) => {
  const { devices } = services;
  const given = new GivenClaims(services);
  /** The cycle is one step: whoever asks next asks about this pod. */
  let current: State | undefined;
  const stateFor = (pod: PodInfo): State | undefined => (current?.pod === pod ? current : undefined);

  return definePlugin<State, State>({
    name: 'DynamicResources',
    wakeOn: ['device-claim', 'device-class', 'device-slice', 'node-added', 'node-labels', 'node-allocatable', 'own-claims', 'own-spec'],
    wakes: (pod, event) => mayHelp(pod, event, devices),

    preEnqueue(pod) {
      const claims = claimsOf(pod, devices);
      return 'reasons' in claims ? claims : pass;
    },

    preFilter(pod) {
      const state = stateOf(pod, devices);
      current = 'reasons' in state ? undefined : state;
      if ('reasons' in state) return { type: 'reject', rejection: state };
      return state.claims.length + state.resources.length === 0 && !state.leftover ? { type: 'skip' } : { type: 'go', state };
    },

    filter(_, { node }, state) {
      if (!node) return pass;
      const name = node.metadata.name;
      const answer = state.answers.get(name) ?? answerOn(node, state, services);
      state.answers.set(name, answer);
      return answer.verdict;
    },

    postFilter(pod) {
      const state = stateFor(pod);
      return state ? freeUp(state, services) : { message: 'no new claims to deallocate' };
    },

    preScore(pod) {
      const state = stateFor(pod);
      return state?.claims.some(hasAlternatives) ? { type: 'go', state } : { type: 'skip' };
    },
    score: (_, { name }, { answers }) => rankOf(answers.get(name)),
    normalize: moreIsBetter,

    reserve(pod, name) {
      const state = stateFor(pod);
      const answer = state?.answers.get(name);
      if (state && answer) given.take(pod, name, { claims: state.claims, answer });
      return pass;
    },

    unreserve: ({ uid }) => given.takeBack(uid),
    waits: ({ uid }) => given.has(uid),
    preBind: (pod, node, signal) => given.bind(pod, node, signal),
    postBind: ({ uid }) => given.forget(uid),
  });
};

const wantsAll = ({ exactly, firstAvailable = [] }: DeviceRequest): boolean => exactly?.allocationMode === 'All' || firstAvailable.some(({ allocationMode }) => allocationMode === 'All');

const hasAlternatives = ({ spec }: ResourceClaim): boolean => spec.devices.requests?.some(({ firstAvailable }) => firstAvailable?.length) ?? false;

function stateOf(pod: PodInfo, devices: DeviceView): State | Rejection {
  const claims = claimsOf(pod, devices);
  if ('reasons' in claims) return claims;
  for (const claim of claims) {
    const problem = claim.status.allocation ? undefined : whyNot(claim, devices);
    if (problem) return problem;
  }
  const resources = resourcesByDevices(pod, devices);
  const leftover = resources.length > 0 ? devices.extendedClaim(pod.uid) : undefined;
  return { pod, claims, resources, ...(leftover && { leftover }), answers: new Map(), counters: new Map(), asks: new Map(), unavailable: new Set() };
}

function answerOn(node: Node, state: State, services: DeviceServices): Answer {
  const { pod, claims, resources, leftover } = state;
  if (leftover) return { verdict: stale, claims: [] };
  const { devices, clock } = services;
  const extended = resources.length > 0 ? extendedClaimOn(node, pod, { resources, devices }) : undefined;
  const wanting = [...claims.filter(({ status }) => !status.allocation), ...(extended ? [extended.claim] : [])];
  const beyond = claims.filter((claim) => !isUsable(claim, node, clock.now()));
  const found = wanting.length > 0 ? search(node, wanting, { state, services }) : { chosen: [], selected: [] };
  if ('reasons' in found) return { verdict: found, claims: wanting };
  for (const claim of beyond) state.unavailable.add(claim);
  return { verdict: beyond.length > 0 ? unavailable : pass, claims: wanting, found, ...(extended && { extended }) };
}

function search(node: Node, claims: readonly ResourceClaim[], { state, services: { devices, clock } }: { readonly state: State; readonly services: DeviceServices }): Found | Rejection {
  const pools = devices.pools(node);
  const deadline = clock.monotonic() + SEARCH_MILLIS;
  const counters = (pool: PoolBase): Nanos => {
    const known = state.counters.get(pool) ?? countersLeft(pool, devices.allocated);
    state.counters.set(pool, known);
    return known;
  };
  try {
    const input = { pools, allocated: devices.allocated, selectors: devices.selectors, deviceClass: (name: string) => devices.deviceClass(name) };
    const asks = (all: readonly ResourceClaim[]) => all.map((claim) => {
      const known = state.asks.get(claim) ?? asksOf(claim, input);
      if (!claim.spec.devices.requests?.some(wantsAll)) state.asks.set(claim, known);
      return known;
    });
    const found = findDevices(claims, { ...input, asks, counters, isOver: () => clock.monotonic() > deadline });
    return found ?? (pools.some(({ trouble }) => trouble === 'currently invalid') ? invalidPools : noDevices);
  } catch (error) {
    if (error instanceof SearchTimeout) return tooSlow;
    throw new Error(`running "DynamicResources" filter plugin: ${messageOf(error)}`, { cause: error });
  }
}

function isUsable(claim: ResourceClaim, node: Node, now: number): boolean {
  const { allocation } = claim.status;
  if (!allocation) return true;
  if (allocation.nodeSelector && !matchesNodeSelector(allocation.nodeSelector, node)) return false;
  const readiness = readinessOf(claim);
  return readiness.type === 'ready' || (readiness.type === 'waiting' && !isLate(claim, now));
}

/** Devices given where the pod cannot go, that nobody else uses, are better given anew. */
function freeUp({ pod, unavailable: claims, claims: all, resources, leftover }: State, services: DeviceServices): PostFiltered {
  for (const claim of claims) {
    const { reservedFor = [] } = claim.status;
    if (reservedFor.some(({ uid }) => uid !== pod.uid)) continue;
    return { message: 'deallocation of ResourceClaim completed', effect: (signal) => deallocate(claim, services, signal) };
  }
  if (leftover) return { message: 'deletion of ResourceClaim completed', effect: () => deleteExtended(leftover, services) };
  return { message: all.length + resources.length === 0 ? 'no new claims to deallocate' : 'still not schedulable' };
}

const MOST_ALTERNATIVES = 8;

/** The earlier an alternative, the better the node that has it. */
function rankOf(answer: Answer | undefined): number {
  const alternatives = answer?.found?.selected.flat().filter(({ isAlternative }) => isAlternative) ?? [];
  return alternatives.reduce((sum, { claim, request, base }) => {
    const all = claim.spec.devices.requests?.find(({ name }) => name === base)?.firstAvailable ?? [];
    return sum + MOST_ALTERNATIVES - all.findIndex((one) => one === request);
  }, 0);
}

function mayHelp(pod: PodInfo, { reason, deviceClaim, oldDeviceClaim }: ClusterEvent, devices: DeviceView): boolean {
  if (reason !== 'device-claim' && reason !== 'own-claims') return true;
  const claims = claimsOf(pod, devices);
  if ('reasons' in claims) return false;
  if (!deviceClaim || (oldDeviceClaim?.status.allocation && !deviceClaim.status.allocation)) return true;
  if (!claims.some(({ metadata }) => metadata.uid === deviceClaim.metadata.uid)) return false;
  return !oldDeviceClaim || !deepEqual(oldDeviceClaim.status, deviceClaim.status);
}
