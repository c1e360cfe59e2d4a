/** Pods and runtimes for tests, from the few fields a test is about. */
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { containerHash } from '../containers/hash.ts';
import { containerNamed } from '../pod.ts';
import type { PodRuntime, RuntimeContainer, RuntimeSandbox } from '../sync/pod-runtime.ts';

type Spec = Omit<DeepPartial<Pod['spec']>, 'containers'> & { readonly containers: readonly (DeepPartial<Container> & { name: string })[] };

export const START = Date.UTC(2026, 0, 1);

export function podOf(spec: Spec, metadata: Partial<Pod['metadata']> = {}, status: DeepPartial<Pod['status']> = {}): Pod {
  const complete = (container: object) => ({
    image: 'knarr.local/busybox:1', imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File', resources: {}, ...container,
  });
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name: 'web', namespace: 'default', uid: '11111111-2222-3333-4444-555555555555', resourceVersion: '1', generation: 1,
      creationTimestamp: new Date(START).toISOString().replace('.000', ''), ...metadata,
    },
    spec: {
      restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', enableServiceLinks: true, nodeName: 'node-1',
      serviceAccountName: 'default', securityContext: {}, ...spec,
      containers: spec.containers.map(complete),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map((container) => complete(container!)) } : {}),
      ...(spec.ephemeralContainers ? { ephemeralContainers: spec.ephemeralContainers.map((container) => complete(container!)) } : {}),
    },
    status: { phase: 'Pending', ...status },
  } as unknown as Pod;
}

type Instance = Partial<RuntimeContainer> & Pick<RuntimeContainer, 'name' | 'state'>;

/** Containers are given newest first and get the ids `<name>-<index>`. */
export function runtimeOf(pod: Pod, has: { sandbox?: Partial<RuntimeSandbox>; containers?: readonly Instance[] } = {}): PodRuntime {
  const { uid, name, namespace = '' } = pod.metadata;
  return {
    uid, name, namespace,
    sandboxes: has.sandbox ? [{ id: 'sandbox', attempt: 0, ready: true, hostNetwork: false, createdAt: START, ips: ['10.244.0.2'], ...has.sandbox }] : [],
    containers: (has.containers ?? []).map((container, index) => ({
      id: `${container.name}-${index}`, sandboxId: 'sandbox', createdAt: START, startedAt: START, finishedAt: container.state === 'exited' ? START : 0,
      exitCode: 0, reason: '', message: '', image: 'knarr.local/busybox:1', imageRef: 'sha256:1', restartCount: 0, logPath: '',
      hash: containerHash(containerNamed(pod, container.name) ?? { name: container.name }), ...container,
    })),
  };
}
