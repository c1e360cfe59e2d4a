import type { Millis } from '../base/clock.ts';
import type { Node } from '../kinds/core/node.ts';
import type { NodeCondition } from '../kinds/core/node-status.ts';
import type { DeepPartial } from '../meta/object.ts';
import { formatTime } from '../meta/time.ts';

/** Marks a node as pretended; its value is `true`. */
export const SIMULATED = 'knarr.local/simulated';

/** What a simulated node says it has. */
export interface NodeShape {
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly kubeletVersion: string;
}

export const DEFAULT_CAPACITY: NodeShape['capacity'] = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti' };

/** The node as a kubelet would register it. */
export function nodeObject(name: string, { shape, address, now }: { shape: NodeShape; address: string; now: Millis }): DeepPartial<Node> {
  const { capacity, labels, architecture, kubeletVersion } = shape;
  return {
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': architecture,
        type: 'simulated',
        ...labels,
      },
      annotations: { [SIMULATED]: 'true', 'node.alpha.kubernetes.io/ttl': '0' },
    },
    spec: {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: nodeConditions(now),
      addresses: [{ type: 'InternalIP', address }, { type: 'Hostname', address: name }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: '', systemUUID: '', bootID: '', kernelVersion: 'simulated', osImage: 'knarr simulated node',
        containerRuntimeVersion: 'simulated://1', kubeletVersion, kubeProxyVersion: kubeletVersion,
        operatingSystem: 'linux', architecture,
      },
    },
  };
}

/** All well, as a kubelet words it. */
export function nodeConditions(now: Millis): readonly NodeCondition[] {
  const at = formatTime(now);
  const condition = (type: string, status: string, reason: string, message: string) =>
    ({ type, status, reason, message, lastHeartbeatTime: at, lastTransitionTime: at });
  return [
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}
