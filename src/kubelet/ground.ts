/** What a kubelet stands on before it knows of any pod: the machine, the runtime, what is watched of the API, and whom it tells. */
import { mkdir } from 'node:fs/promises';
import { createEventRecorder, referenceTo } from '../client/index.ts';
import type { Informer } from '../client/index.ts';
import { Node } from '../kinds/core/node.ts';
import { Pod } from '../kinds/core/pod.ts';
import { Service } from '../kinds/core/service.ts';
import { noCgroups } from './cgroups/cgroups.ts';
import type { Cgroups } from './cgroups/cgroups.ts';
import { systemCgroups } from './cgroups/system.ts';
import { logLinksDir, podLogsDir, podsDir } from './containers/paths.ts';
import type { Disposer } from './disposer.ts';
import { measuredCri } from './metrics/measured-cri.ts';
import { KubeletMetrics } from './metrics/metrics.ts';
import { readMachine } from './node/machine.ts';
import type { Machine } from './node/machine.ts';
import type { PressureOptions } from './node/pressure.ts';
import type { KubeletOptions } from './options.ts';
import { containerFieldPath } from './pod.ts';
import type { PodSyncContext } from './sync/pod-sync.ts';
import { noMounter, systemMounter } from './volumes/mounter.ts';
import type { Mounter } from './volumes/mounter.ts';

export interface Ground {
  /** With a runtime whose calls are counted. */
  readonly options: KubeletOptions;
  readonly metrics: KubeletMetrics;
  /** Disposed in the order opposite to that in which it was filled. */
  readonly started: Disposer;
  /** Ends what goes on for as long as the kubelet does. */
  readonly stop: AbortController;
  readonly machine: Machine;
  readonly runtime: { readonly name: string; readonly version: string };
  /** A pretended runtime has nothing on this machine. */
  readonly isReal: boolean;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly tell: PodSyncContext['tell'];
  readonly tellNode: PressureOptions['tellNode'];
  readonly mounter: Mounter;
  readonly cgroups: Cgroups;
  readonly nudge: Nudge;
}

/** Makes the node report at once, once somebody reports. */
export interface Nudge {
  now(): void;
  onNudge(wakeUp: () => void): void;
}

export async function layGround(given: KubeletOptions, started: Disposer): Promise<Ground> {
  const metrics = new KubeletMetrics();
  const options = { ...given, cri: measuredCri(given.cri, metrics, given.clock) };
  const { informers, clock, nodeName, rootDir } = options;
  for (const dir of [rootDir, podsDir(options), podLogsDir(options), logLinksDir(options)]) await mkdir(dir, { recursive: true, mode: 0o755 });
  const stop = new AbortController();
  const machine = await readMachine(rootDir);
  const { runtimeName: name, runtimeVersion: version } = await untilRuntimeAnswers(options, stop.signal);
  const isReal = name !== 'fake';
  const mounter = isReal ? systemMounter : noMounter;
  // So that what containers mount in their volumes, where they may, shows in other containers.
  await mounter.share(rootDir);
  return {
    options, metrics, started, stop, machine, runtime: { name, version }, isReal, mounter, nudge: createNudge(),
    nodes: informers.for(Node, { fieldSelector: `metadata.name=${nodeName}` }), services: informers.for(Service), pods: informers.for(Pod, { fieldSelector: `spec.nodeName=${nodeName}` }),
    cgroups: isReal ? await systemCgroups(options.cgroupRoot, { clock }) : noCgroups, ...tellers(options, started),
  };
}

function tellers({ client, clock, random, log, nodeName, events }: KubeletOptions, started: Disposer): Pick<Ground, 'tell' | 'tellNode'> {
  const recorder = started.use(createEventRecorder(client, { component: 'kubelet', host: nodeName, clock, random, log, ...(events ? { rate: events } : {}) }));
  return {
    tell(pod, container, { type, reason, message }) {
      const reference = referenceTo(pod);
      recorder.event({ reference: container === undefined ? reference : { ...reference, fieldPath: containerFieldPath(pod, container) } }, type, reason, message);
    },
    tellNode: ({ type, reason, message }) => recorder.event({ reference: { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName } }, type, reason, message),
  };
}

function createNudge(): Nudge {
  let wake = () => {};
  return { now: () => wake(), onNudge: (wakeUp) => void (wake = wakeUp) };
}

/** containerd may be starting at the same moment. */
async function untilRuntimeAnswers({ cri, clock, log }: KubeletOptions, signal: AbortSignal): ReturnType<KubeletOptions['cri']['version']> {
  for (let waited = false; ; waited = true) {
    try {
      return await cri.version(signal);
    } catch (error) {
      if (!waited) log.info('waiting for the container runtime', { error: String(error) });
      await clock.sleep(100, signal);
    }
  }
}
