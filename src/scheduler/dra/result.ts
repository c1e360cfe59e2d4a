import type { AllocationResult, DeviceAllocationConfiguration, DeviceRequestAllocationResult } from '../../kinds/resource/device-claim-status.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import type { Ask } from './asks.ts';
import type { Chosen } from './search.ts';

type NodeSelector = NonNullable<AllocationResult['nodeSelector']>;
type Requirement = NonNullable<NodeSelector['nodeSelectorTerms'][number]['matchExpressions']>[number];

/** What a claim's status says of the devices chosen for it. `share` names a new share of a device. */
export function allocationOf(claim: ResourceClaim, { chosen, selected }: { readonly chosen: readonly Chosen[]; readonly selected: readonly Ask[] }, at: { readonly node: string; readonly share: () => string }): AllocationResult {
  const config = [...classConfig(selected), ...claimConfig(claim, selected)];
  const nodeSelector = selectorOf(chosen, at.node);
  return {
    devices: { results: chosen.map((one) => resultOf(one, at.share)), ...(config.length > 0 && { config }) },
    ...(nodeSelector && { nodeSelector }),
  };
}

const nameOf = ({ isAlternative, base, reference }: Ask): string => (isAlternative ? reference : base);

function resultOf({ ask, device: { base, device }, consumed }: Chosen, share: () => string): DeviceRequestAllocationResult {
  const { tolerations } = ask.request;
  const { bindingConditions, bindingFailureConditions, allowMultipleAllocations } = device;
  return {
    request: nameOf(ask), driver: base.driver, pool: base.name, device: device.name,
    ...(ask.adminAccess && { adminAccess: true }),
    ...(tolerations?.length && { tolerations }),
    ...(bindingConditions && { bindingConditions }),
    ...(bindingFailureConditions && { bindingFailureConditions }),
    ...(allowMultipleAllocations && { shareID: share() }),
    ...(consumed && { consumedCapacity: consumed }),
  };
}

/** Once for each class, for all requests that are met by it. */
function classConfig(selected: readonly Ask[]): readonly DeviceAllocationConfiguration[] {
  const classes = new Map(selected.map(({ deviceClass }) => [deviceClass.metadata.name, deviceClass]));
  return [...classes.values()].flatMap(({ metadata, spec }) => {
    const requests = selected.filter(({ deviceClass }) => deviceClass.metadata.name === metadata.name).map(nameOf);
    return (spec.config ?? []).map((config) => ({ source: 'FromClass', requests, ...config }));
  });
}

function claimConfig({ spec }: ResourceClaim, selected: readonly Ask[]): readonly DeviceAllocationConfiguration[] {
  return (spec.devices.config ?? []).flatMap(({ requests, ...config }) => {
    const entry = { source: 'FromClaim', ...(requests && { requests }), ...config };
    if (!requests?.length) return [entry];
    return selected.filter(({ base, reference }) => requests.includes(base) || requests.includes(reference)).map(() => entry);
  });
}

/** Where all the devices can be used; undefined: everywhere. One that is tied to a node ties the claim to it. */
function selectorOf(chosen: readonly Chosen[], node: string): NodeSelector | undefined {
  const matchFields: Requirement[] = [];
  const matchExpressions: Requirement[] = [];
  for (const { device: { device, slice } } of chosen) {
    const { nodeName, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName !== undefined || device.bindsToNode) {
      return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
    }
    const [term] = nodeSelector?.nodeSelectorTerms ?? [];
    addNew(matchFields, term?.matchFields);
    addNew(matchExpressions, term?.matchExpressions);
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined;
  return { nodeSelectorTerms: [{ ...(matchFields.length > 0 && { matchFields }), ...(matchExpressions.length > 0 && { matchExpressions }) }] };
}

const keyOf = ({ key, operator, values = [] }: Requirement): string => JSON.stringify([key, operator, [...values].toSorted()]);

function addNew(to: Requirement[], from: readonly Requirement[] = []): void {
  for (const one of from) if (!to.some((other) => keyOf(other) === keyOf(one))) to.push(one);
}
