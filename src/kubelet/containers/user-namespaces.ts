/**
 * User namespaces (https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/): a pod with `hostUsers: false` has IDs
 * of its own, a range of the host's that no other pod has. Each pod's range is written down in its directory, so that a
 * kubelet that was away gives it to nobody else.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../kinds/core/pod.ts';
import type { RuntimeFeatures } from '../cri/cri.ts';
import type { UserNamespace } from '../cri/runtime-v1.ts';
import { podDir, podsDir } from './paths.ts';
import type { Directories } from './paths.ts';

/** IDs of one pod; the first range is the host's own. */
const LENGTH = 65_536;
const FILE = 'userns';

export interface UserNamespaces {
  /** What a pod's sandbox and containers are told. @throws Error with upstream's text where the runtime cannot */
  of(pod: Pod, handler: string, features: () => Promise<RuntimeFeatures>): Promise<UserNamespace>;
  release(uid: string): Promise<void>;
}

interface Mapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

/** @param most pods, and so ranges */
export async function openUserNamespaces(at: Directories, { most }: { readonly most: number }): Promise<UserNamespaces> {
  const firstIds = new Map<string, number>();
  for (const uid of await readdir(podsDir(at)).catch(() => [])) {
    const text = await readFile(join(podDir(at, uid), FILE), 'utf8').catch(() => undefined);
    const first = text === undefined ? undefined : firstIdOf(text);
    if (first !== undefined) firstIds.set(uid, first);
  }
  const choose = (): number => {
    const taken = new Set(firstIds.values());
    for (let range = 1; range <= most; range++) if (!taken.has(range * LENGTH)) return range * LENGTH;
    throw new Error('create user namespace: could not find an empty slot to allocate a user namespace');
  };
  return {
    async of({ metadata: { uid }, spec }, handler, features) {
      if (spec.hostUsers !== false) return { mode: 'NODE' };
      const can = (await features()).handlers.some(({ name, userNamespaces }) => name === handler && userNamespaces);
      if (!can) throw new Error(`can't set \`spec.hostUsers: false\`, ${handler === '' ? 'runtime' : `RuntimeClass handler "${handler}"`} does not support user namespaces`);
      const hostId = firstIds.get(uid) ?? choose();
      const mappings: readonly Mapping[] = [{ hostId, containerId: 0, length: LENGTH }];
      if (!firstIds.has(uid)) {
        firstIds.set(uid, hostId);
        await writeMappings(podDir(at, uid), mappings);
      }
      return { mode: 'POD', uids: mappings, gids: mappings };
    },
    async release(uid) {
      if (firstIds.delete(uid)) await rm(join(podDir(at, uid), FILE), { force: true });
    },
  };
}

async function writeMappings(dir: string, mappings: readonly Mapping[]): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const path = join(dir, FILE);
  await writeFile(`${path}.tmp`, JSON.stringify({ uidMappings: mappings, gidMappings: mappings }));
  await rename(`${path}.tmp`, path);
}

/** undefined: not a file of ours, or only half of one. */
function firstIdOf(text: string): number | undefined {
  try {
    const { uidMappings: [only] } = JSON.parse(text) as { readonly uidMappings: readonly Mapping[] };
    return only?.hostId;
  } catch {
    return undefined;
  }
}
