/** The container runtime with a watch beside it. */
import type { Clock } from '../../base/clock.ts';
import type { Cri } from '../cri/cri.ts';
import type { KubeletMetrics } from './metrics.ts';

/** What upstream calls each call; those without a name are not counted. */
const NAMES: Partial<Record<keyof Cri, string>> = {
  version: 'version', status: 'status', setPodCidr: 'update_runtime_config',
  runPodSandbox: 'run_podsandbox', stopPodSandbox: 'stop_podsandbox', removePodSandbox: 'remove_podsandbox', podSandboxStatus: 'podsandbox_status', listPodSandboxes: 'list_podsandbox',
  createContainer: 'create_container', startContainer: 'start_container', stopContainer: 'stop_container', removeContainer: 'remove_container',
  containerStatus: 'container_status', listContainers: 'list_containers', updateContainerResources: 'update_container', reopenContainerLog: 'reopen_container_log', checkpointContainer: 'checkpoint_container',
  containerStats: 'list_container_stats', execSync: 'exec_sync', exec: 'exec', attach: 'attach', portForward: 'port_forward',
  listImages: 'list_images', imageStatus: 'image_status', pullImage: 'pull_image', removeImage: 'remove_image', imageFilesystems: 'image_fs_info',
};

type Method = (...args: unknown[]) => unknown;

/** Runtimes may be objects of a class: what is not measured is asked of them as it is. */
export function measuredCri(cri: Cri, metrics: KubeletMetrics, clock: Pick<Clock, 'monotonic'>): Cri {
  const measured = (method: keyof Cri, call: Method): Method => {
    const name = NAMES[method];
    if (name === undefined) return call.bind(cri);
    return async (...args) => {
      const began = clock.monotonic();
      let failed = true;
      try {
        const answer = await call.apply(cri, args);
        failed = false;
        return answer;
      } finally {
        const span = clock.monotonic() - began;
        metrics.runtimeOperation(name, span, failed);
        if (method === 'runPodSandbox') metrics.sandboxRun(typeof args[1] === 'string' ? args[1] : '', span, failed);
      }
    };
  };
  const calls = new Map<keyof Cri, Method>();
  return new Proxy(cri, {
    get(target, property) {
      const method = property as keyof Cri;
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const known = calls.get(method) ?? measured(method, value as Method);
      calls.set(method, known);
      return known;
    },
  });
}
