/** Where things of pods are, below a kubelet's own directories. Names are upstream's. */
import { join, relative } from 'node:path';
import type { PodRuntime } from '../sync/pod-runtime.ts';

interface PodName {
  readonly uid: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

export interface Directories {
  readonly rootDir: string;
  readonly logDir: string;
}

export const podsDir = ({ rootDir }: Directories): string => join(rootDir, 'pods');
export const podDir = (at: Directories, uid: string): string => join(podsDir(at), uid);
export const volumeDir = (at: Directories, uid: string, volume: { readonly plugin: string; readonly name: string }): string =>
  join(podDir(at, uid), 'volumes', `kubernetes.io~${volume.plugin}`, volume.name);
export const containerDir = (at: Directories, uid: string, container: string): string => join(podDir(at, uid), 'containers', container);
export const hostsPath = (at: Directories, uid: string): string => join(podDir(at, uid), 'etc-hosts');
export const seccompDir = ({ rootDir }: Directories): string => join(rootDir, 'seccomp');

export const podLogsDir = ({ logDir }: Directories): string => join(logDir, 'pods');
export const podLogDir = (at: Directories, { namespace = '', name, uid }: PodName): string => join(podLogsDir(at), `${namespace}_${name}_${uid}`);
/** Relative to its pod's log directory, as CRI wants it. */
export const containerLogPath = (container: string, restartCount: number): string => join(container, `${restartCount}.log`);
/** The links that log collectors follow. */
export const logLinksDir = ({ logDir }: Directories): string => join(logDir, 'containers');
export const logLink = (at: Directories, pod: PodName, container: { readonly name: string; readonly id: string }): string =>
  join(logLinksDir(at), `${pod.name}_${pod.namespace ?? ''}_${container.name}-${container.id}.log`);
/** Where a link leads: relative, so that it does wherever a collector mounts the node's logs. */
export const logLinkTarget = (at: Directories, pod: PodName, container: { readonly name: string; readonly restartCount: number }): string =>
  relative(logLinksDir(at), join(podLogDir(at, pod), containerLogPath(container.name, container.restartCount)));

export const podNameOf = ({ uid, name, namespace }: PodRuntime): PodName => ({ uid, name, namespace });
