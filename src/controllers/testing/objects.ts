import { Deployment } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial, KubeObject } from '../../meta/object.ts';
import { apiVersionOf, type InstanceOf, type Resource } from '../../meta/resource.ts';

/** When the tests' objects were made. */
export const BORN = '2026-01-01T00:00:00Z';

/** A whole object from the parts a test cares about. */
export function make<R extends Resource>(resource: R, name: string, parts?: DeepPartial<InstanceOf<R>>): InstanceOf<R> {
  const { metadata, ...rest } = (parts ?? {}) as DeepPartial<KubeObject> & { readonly status?: object };
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    status: {},
    ...rest,
    metadata: {
      name,
      ...(resource.scope === 'Namespaced' ? { namespace: 'shop' } : {}),
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: BORN,
      ...metadata,
    },
  } as unknown as InstanceOf<R>;
}

/** A running, ready pod labelled `app`, unless the parts say otherwise. */
export function pod(name: string, app: string, parts: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {}): Pod {
  return make(Pod, name, {
    metadata: { labels: { app }, ...parts.metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'busybox' }], ...parts.spec },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: BORN }], ...parts.status },
  });
}

export function replicaSet(name: string, app: string, parts: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {}): ReplicaSet {
  return make(ReplicaSet, name, {
    metadata: { ...parts.metadata },
    spec: {
      replicas: 1, selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'busybox' }] } },
      ...parts.spec,
    },
    status: { replicas: 0, observedGeneration: 1, ...parts.status },
  });
}

export function deployment(name: string, parts: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {}): Deployment {
  return make(Deployment, name, {
    metadata: { ...parts.metadata },
    spec: {
      replicas: 3, selector: { matchLabels: { app: name } }, revisionHistoryLimit: 10, progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'v1' }] } },
      ...parts.spec,
    },
    status: { ...parts.status },
  });
}
