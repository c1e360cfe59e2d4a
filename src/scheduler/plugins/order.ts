import type { Client } from '../../client/index.ts';
import type { PluginEntry } from '../framework/plugin.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption, type PreemptionServices } from './default-preemption/plugin.ts';
import type { DeviceServices } from './dynamic-resources/given.ts';
import { dynamicResources } from './dynamic-resources/plugin.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity/plugin.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import type { SelectorOf } from './pod-topology-spread/constraints.ts';
import { podTopologySpread } from './pod-topology-spread/plugin.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import type { BindServices } from './volume-binding/bind.ts';
import { volumeBinding } from './volume-binding/plugin.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** What plugins know and do beyond pods and nodes. */
export interface PluginServices extends PreemptionServices, BindServices, DeviceServices {
  readonly client: Pick<Client, 'createSubresource'> & DeviceServices['client'];
  readonly selectorOf: SelectorOf;
}

/** Every plugin of the default profile, in upstream's order and with upstream's weights. The one list to add to. */
export const defaultPlugins = (services: PluginServices): readonly PluginEntry[] => [
  { plugin: schedulingGates, weight: 0 },
  { plugin: prioritySort, weight: 0 },
  { plugin: nodeUnschedulable, weight: 0 },
  { plugin: nodeName, weight: 0 },
  { plugin: taintToleration, weight: 3 },
  { plugin: nodeAffinity, weight: 2 },
  { plugin: nodePorts, weight: 0 },
  { plugin: nodeResourcesFit((resource) => services.devices.classOfResource(resource) !== undefined), weight: 1 },
  { plugin: volumeRestrictions(services.storage), weight: 0 },
  { plugin: nodeVolumeLimits(services.storage), weight: 0 },
  { plugin: volumeBinding(services), weight: 0 },
  { plugin: volumeZone(services.storage), weight: 0 },
  { plugin: podTopologySpread(services.selectorOf), weight: 2 },
  { plugin: interPodAffinity, weight: 2 },
  { plugin: dynamicResources(services), weight: 2 },
  { plugin: defaultPreemption(services), weight: 0 },
  { plugin: nodeResourcesBalancedAllocation, weight: 1 },
  { plugin: imageLocality, weight: 1 },
  { plugin: defaultBinder(services.client), weight: 0 },
];
