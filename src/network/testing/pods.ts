import type { Namespace } from '../../kinds/core/namespace.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { NetworkPolicy } from '../../kinds/networking/network-policy.ts';
import type { DeepPartial } from '../../meta/object.ts';

const meta = (name: string, labels: Readonly<Record<string, string>> = {}) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels });

/** A pod labelled `app: NAME`, at the address, as the API server would tell of it. */
export function pod(name: string, ip: string, more: { namespace?: string; node?: string; phase?: string; hostNetwork?: boolean; ports?: readonly object[] } = {}): Pod {
  const { namespace = 'ns', node = 'one', phase = 'Running', hostNetwork = false, ports = [] } = more;
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { ...meta(name, { app: name }), namespace },
    spec: { nodeName: node, hostNetwork, containers: [{ name: 'c', image: 'i', ports }] },
    status: { phase, podIP: ip, podIPs: ip === '' ? [] : [{ ip }] },
  } as unknown as Pod;
}

/** A namespace with `kubernetes.io/metadata.name`. */
export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: meta(name, { 'kubernetes.io/metadata.name': name, ...labels }), spec: {}, status: {} } as unknown as Namespace;
}

/** As stored: `policyTypes` filled in. */
export function policy(name: string, spec: DeepPartial<NetworkPolicy['spec']>, inNamespace = 'ns'): NetworkPolicy {
  const policyTypes = ['Ingress', ...(spec.egress ? ['Egress'] : [])];
  const metadata = { ...meta(name), namespace: inNamespace };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector: {}, policyTypes, ...spec } } as unknown as NetworkPolicy;
}

export const app = (name: string) => ({ matchLabels: { app: name } });
