/**
 * What the node has promised to pods, and what their containers have been given: kept in files, so that a kubelet that was
 * away neither grants a resize unasked nor forgets one half done (KEP-1287).
 */
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import { mustDrain, readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { initContainers } from '../pod.ts';

/** The resources of a pod's containers by name, and its own. */
export interface PodAllocation {
  readonly containers: Readonly<Record<string, ResourceRequirements>>;
  readonly pod?: ResourceRequirements;
}

/** One file of allocations by pod uid. */
export interface Allocations {
  get(uid: string): PodAllocation | undefined;
  /** Resolves when it is on disk. */
  set(uid: string, allocation: PodAllocation): Promise<void>;
  remove(uid: string): Promise<void>;
  /** Forgets all but these. */
  keep(isKnown: (uid: string) => boolean): Promise<void>;
}

/** @throws Error with upstream's text where the file is damaged */
export async function openAllocations(rootDir: string, name: string): Promise<Allocations> {
  const path = join(rootDir, name);
  const entries = new Map(Object.entries(await read(path)));
  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const write = () => writeCheckpoint(path, { pods: Object.fromEntries(entries) });
  /** Changes that come during a write share the next one. */
  const save = (): Promise<void> => {
    next ??= (writing ?? Promise.resolve()).catch(() => {}).then(() => {
      writing = write();
      next = undefined;
      return writing;
    });
    return next;
  };
  return {
    get: (uid) => entries.get(uid),
    set(uid, allocation) {
      entries.set(uid, allocation);
      return save();
    },
    remove: (uid) => (entries.delete(uid) ? save() : Promise.resolve()),
    keep(isKnown) {
      const gone = [...entries.keys()].filter((uid) => !isKnown(uid));
      for (const uid of gone) entries.delete(uid);
      return gone.length > 0 ? save() : Promise.resolve();
    },
  };
}

async function read(path: string): Promise<Readonly<Record<string, PodAllocation>>> {
  try {
    return ((await readCheckpoint(path)) as { readonly pods?: Readonly<Record<string, PodAllocation>> } | undefined)?.pods ?? {};
  } catch (error) {
    throw mustDrain(messageOf(error), { what: 'pod allocation', path });
  }
}

/** What the pod asks for now. */
export function askedBy(pod: Pod): PodAllocation {
  const containers = [...initContainers(pod), ...pod.spec.containers].map(({ name, resources = {} }) => [name, resources] as const);
  return { containers: Object.fromEntries(containers), ...(pod.spec.resources ? { pod: pod.spec.resources } : {}) };
}

/** The pod as it would be had it asked for what it was promised; itself where it did. */
export function withAllocation(pod: Pod, allocation: PodAllocation | undefined): Pod {
  if (!allocation || sameAllocation(askedBy(pod), allocation)) return pod;
  const given = (container: Container): Container => ({ ...container, resources: allocation.containers[container.name] ?? container.resources ?? {} });
  return {
    ...pod,
    spec: {
      ...pod.spec, containers: pod.spec.containers.map(given), ...(pod.spec.initContainers ? { initContainers: pod.spec.initContainers.map(given) } : {}),
      ...(allocation.pod ? { resources: allocation.pod } : {}),
    },
  };
}

export function sameAllocation(a: PodAllocation, b: PodAllocation): boolean {
  const names = new Set([...Object.keys(a.containers), ...Object.keys(b.containers)]);
  return sameResources(a.pod, b.pod) && [...names].every((name) => sameResources(a.containers[name], b.containers[name]));
}

/** Quantities are canonical in the API: equal amounts are equal texts. */
export function sameResources(a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean {
  return sameList(a.requests, b.requests) && sameList(a.limits, b.limits);
}

function sameList(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
