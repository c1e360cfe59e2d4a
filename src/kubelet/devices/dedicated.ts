/** What a container has to itself: devices, and processors where a policy says so. One door to all who give such things. */
import type { Pod } from '../../kinds/core/pod.ts';
import type { ContainerExtras } from '../containers/container-config.ts';
import { initContainers } from '../pod.ts';
import type { Rejection } from '../sync/admission.ts';
import type { DeviceManager } from './device-manager.ts';

export interface Dedicated {
  /**
   * Before a pod is taken: gives each of its containers what it asks for, or says why the pod cannot be taken.
   * @param holds whether another pod may still use what it was given; one that has ended does not, though it is being cleared away
   */
  allocate(pod: Pod, holds: (uid: string) => boolean): Promise<Rejection | undefined>;
  of(uid: string, container: string): ContainerExtras;
  /** Right before a container starts. @throws Error with upstream's text */
  prepare(uid: string, container: string): Promise<void>;
  release(uid: string): Promise<void>;
}

export const nothingDedicated: Dedicated = { allocate: async () => undefined, of: () => ({}), async prepare() {}, async release() {} };

export function dedicatedDevices(devices: DeviceManager): Dedicated {
  return {
    async allocate(pod, holds) {
      await devices.releaseUnless(holds);
      try {
        for (const container of [...initContainers(pod), ...pod.spec.containers]) await devices.allocate(pod, container);
        return undefined;
      } catch (error) {
        await devices.release(pod.metadata.uid);
        return { reason: 'UnexpectedAdmissionError', message: `Allocate failed due to ${error instanceof Error ? error.message : String(error)}, which is unexpected` };
      }
    },
    of: (uid, container) => extrasOf(devices, uid, container),
    prepare: (uid, container) => devices.prepare(uid, container),
    release: (uid) => devices.release(uid),
  };
}

export function extrasOf(devices: DeviceManager, uid: string, container: string): ContainerExtras {
  const grants = devices.holdings(uid, container).map(({ grant = {} }) => grant);
  if (grants.length === 0) return {};
  const merged = (which: 'envs' | 'annotations') => Object.assign({}, ...grants.map((grant) => grant[which] ?? {})) as Readonly<Record<string, string>>;
  return {
    envs: merged('envs'), annotations: merged('annotations'),
    mounts: grants.flatMap(({ mounts = [] }) => mounts.map(({ containerPath, hostPath, readOnly }) => ({ containerPath, hostPath, readonly: readOnly, propagation: 'PROPAGATION_PRIVATE' as const }))),
    devices: grants.flatMap(({ devices: nodes = [] }) => nodes),
    cdiDevices: grants.flatMap(({ cdiDevices = [] }) => cdiDevices),
  };
}
