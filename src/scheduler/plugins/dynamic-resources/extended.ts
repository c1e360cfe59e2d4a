/** Extended resources that devices stand for (KEP-5004): what a pod asks for in numbers becomes a claim of its own. */
import type { Container } from '../../../kinds/core/container.ts';
import type { Node } from '../../../kinds/core/node.ts';
import type { PodExtendedResourceClaimStatus } from '../../../kinds/core/pod-status.ts';
import type { DeviceRequest } from '../../../kinds/resource/device-claim.ts';
import type { ResourceClaim } from '../../../kinds/resource/resource-claim.ts';
import { parseQuantity, quantityValue } from '../../../meta/quantity.ts';
import { EXTENDED_CLAIM, type DeviceView } from '../../dra/devices.ts';
import type { PodInfo } from '../../framework/pod-info.ts';

export type Mappings = PodExtendedResourceClaimStatus['requestMappings'];

/** What a node would have to find devices for. */
export interface ExtendedClaim {
  readonly claim: ResourceClaim;
  readonly mappings: Mappings;
}

/** Names no claim can have, and one of no object. */
const IN_MEMORY = '<extended-resources>';
export const keyOfExtended = (podUid: string): string => `extended/${podUid}`;

/** The resources the pod asks for that a class stands behind. */
export const resourcesByDevices = ({ requests }: PodInfo, devices: DeviceView): readonly string[] =>
  [...requests].filter(([name, amount]) => amount > 0 && name.includes('/') && devices.classOfResource(name)).map(([name]) => name).toSorted();

/** The claim for those of the resources that the node does not have by itself; undefined where it has them all. */
export function extendedClaimOn({ status: { allocatable = {} } }: Node, pod: PodInfo, { resources, devices }: { readonly resources: readonly string[]; readonly devices: DeviceView }): ExtendedClaim | undefined {
  const wanted = resources.filter((name) => quantityValue(parseQuantity(allocatable[name] ?? '0')) === 0);
  if (wanted.length === 0) return undefined;
  const { name, namespace = '', uid } = pod.pod.metadata;
  const asked = wanted.map((resource) => requestsFor(pod, resource, devices.classOfResource(resource)!.metadata.name));
  const requests = asked.flatMap((one) => one.requests).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const claim: ResourceClaim = {
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim',
    metadata: {
      name: IN_MEMORY, generateName: `${name}-extended-resources-`, namespace, uid: keyOfExtended(uid), resourceVersion: '', creationTimestamp: '',
      annotations: { [EXTENDED_CLAIM]: 'true' }, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
    },
    spec: { devices: { requests } },
    status: {},
  };
  return { claim, mappings: asked.flatMap((one) => one.mappings) };
}

interface Wish {
  readonly container: string;
  /** Of the request that is the container's own. */
  readonly name: string;
  readonly count: number;
  /** What it needs beyond the requests it can use before others do. */
  readonly own: number;
  readonly reused: readonly string[];
}

/**
 * A request for each container that stays. Init containers come and go before: they use what later ones have, and the one that needs
 * the most beyond that gets the rest, for all of them.
 */
function requestsFor({ pod: { spec } }: PodInfo, resource: string, deviceClassName: string): { readonly requests: readonly DeviceRequest[]; readonly mappings: Mappings } {
  const init = spec.initContainers ?? [];
  const all = [...init, ...spec.containers];
  const stays = (index: number): boolean => index >= init.length || all[index]!.restartPolicy === 'Always';
  const staying = all.map((container, index) => (stays(index) ? wishOf(container, index, { resource, later: [] }) : undefined));
  const passing = all.flatMap((container, index) => (stays(index) ? [] : wishOf(container, index, { resource, later: staying.slice(index) }) ?? []));
  const lasting = staying.flatMap((wish) => wish ?? []);
  const most = passing.filter(({ own }) => own > 0).reduce<Wish | undefined>((best, wish) => (best && best.own >= wish.own ? best : wish), undefined);
  const map = (containerName: string, requestName: string) => ({ containerName, resourceName: resource, requestName });
  return {
    requests: [...(most ? [most] : []), ...lasting].map(({ name, own }) => ({ name, exactly: { deviceClassName, allocationMode: 'ExactCount', count: own } })),
    mappings: [
      ...lasting.map(({ container, name }) => map(container, name)),
      ...passing.flatMap(({ container, reused, own }) => [...reused, ...(own > 0 ? [most!.name] : [])].map((name) => map(container, name))),
    ],
  };
}

function wishOf({ name, resources }: Container, index: number, { resource, later }: { readonly resource: string; readonly later: readonly (Wish | undefined)[] }): Wish | undefined {
  const requests = resources?.requests ?? {};
  const count = requests[resource] === undefined ? 0 : quantityValue(parseQuantity(requests[resource]));
  if (count === 0) return undefined;
  const reused: string[] = [];
  let own = count;
  for (const one of later) {
    if (!one || own <= 0) continue;
    reused.push(one.name);
    own -= one.count;
  }
  const place = Object.keys(requests).toSorted().indexOf(resource);
  return { container: name, name: `container-${index}-request-${place}`, count, own: Math.max(0, own), reused };
}
