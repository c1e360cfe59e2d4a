/** A directory that lives as long as the pod: on the node's disk, in memory, or in huge pages. */
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../../kinds/core/pod.ts';
import type { EmptyDirVolumeSource } from '../../../kinds/core/volume.ts';
import { formatQuantity, parseQuantity, quantityValue } from '../../../meta/quantity.ts';
import { podDir } from '../../containers/paths.ts';
import { podLimits } from '../../containers/resources.ts';
import { mountAt } from '../mount-table.ts';
import type { MountPoint } from '../mount-table.ts';
import { giveToGroup, groupOf } from '../ownership.ts';
import type { PluginContext, VolumePlugin } from '../plugin.ts';
import { mountTmpfs } from '../tmpfs.ts';

export const emptyDirPlugin: VolumePlugin = {
  name: 'kubernetes.io/empty-dir',
  supports: ({ volume }) => volume.emptyDir !== undefined,
  async setUp({ volume, name }, at) {
    const source = volume.emptyDir ?? {};
    const { dir, pod, mounter, signal } = at;
    const [mounted, done] = [mountAt(await mounter.table(), dir), await isReady(at, name)];
    // What containers made of it, its mode too, outlives a restart of the kubelet; memory does not outlive the machine's.
    if (done && (!source.medium || mounted) && (await stat(dir).catch(() => undefined))) return { hostPath: dir, readOnly: false };
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o777);
    await mountMedium(source, mounted, at);
    const group = groupOf(pod);
    if (group) await giveToGroup(dir, { group: group.group, readOnly: false }, signal);
    await makeReady(at, name);
    return { hostPath: dir, readOnly: false };
  },
};

/** Beside the volume: programs in it must not see it. */
const readyFile = (at: PluginContext, name: string): string => join(podDir(at, at.pod.metadata.uid), 'plugins', 'kubernetes.io~empty-dir', name, 'ready');
const isReady = (at: PluginContext, name: string): Promise<boolean> => stat(readyFile(at, name)).then(() => true, () => false);
async function makeReady(at: PluginContext, name: string): Promise<void> {
  await mkdir(join(readyFile(at, name), '..'), { recursive: true, mode: 0o750 });
  await writeFile(readyFile(at, name), '');
}

async function mountMedium(source: EmptyDirVolumeSource, mounted: MountPoint | undefined, at: PluginContext): Promise<void> {
  const { medium = '' } = source;
  const { dir, mounter, pod, node, signal } = at;
  if (medium === '') return;
  if (medium === 'Memory') {
    return mountTmpfs(mounter, { dir, sizeBytes: memorySize(pod, source, node().allocatable.memory) }, signal);
  }
  if (medium !== HUGE && !medium.startsWith(`${HUGE}-`)) throw new Error(`unknown storage medium "${medium}"`);
  if (mounted?.type === 'hugetlbfs') return;
  await mounter.mount({ source: 'nodev', target: dir, type: 'hugetlbfs', options: [`pagesize=${pageSize(medium, pod)}`] }, signal);
}

/** The least of what the node can give, the pod may use and the volume itself says, in bytes. */
export function memorySize(pod: Pod, { sizeLimit }: Pick<EmptyDirVolumeSource, 'sizeLimit'>, allocatable: string | undefined): number | undefined {
  const bytes = (quantity: string | undefined) => (quantity === undefined ? 0 : quantityValue(parseQuantity(quantity)));
  const sizes = [bytes(allocatable), podLimits(pod).memoryBytes ?? 0, bytes(sizeLimit)].filter((size) => size > 0);
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}

const HUGE = 'HugePages';
const RESOURCE = 'hugepages-';

/** Of the medium, or the only one that the pod's containers ask for. @throws Error with upstream's text */
export function pageSize(medium: string, { spec }: Pod): string {
  const asked = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
    .filter((name) => name.startsWith(RESOURCE)).map((name) => parseQuantity(name.slice(RESOURCE.length)));
  const wanted = medium === HUGE ? undefined : parseQuantity(medium.slice(HUGE.length + 1)).nanos;
  const found = wanted === undefined ? asked : asked.filter(({ nanos }) => nanos === wanted);
  if (new Set(found.map(({ nanos }) => nanos)).size > 1) throw new Error(`medium: ${medium} can't be used if container requests multiple huge page sizes`);
  if (found.length === 0) throw new Error(`medium ${medium}: hugePages storage requested, but there is no resource request for huge pages`);
  return formatQuantity(found[0]!);
}
