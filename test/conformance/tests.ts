import type { TestCase } from './framework/test-case.ts';
import { commands } from './k8s-io/commands.ts';
import { initContainers } from './k8s-io/init-containers.ts';
import { kubelet } from './k8s-io/kubelet.ts';
import { lifecycleHooks } from './k8s-io/lifecycle-hooks.ts';
import { nodes } from './k8s-io/nodes.ts';
import { pods } from './k8s-io/pods.ts';
import { probes } from './k8s-io/probes.ts';
import { containerRuntime } from './k8s-io/runtime.ts';
import { securityContexts } from './k8s-io/security.ts';
import { subpathExpansion } from './k8s-io/subpath-expansion.ts';
import { combinedVolumes } from './sig-storage/combined.ts';
import { consumableVolumes } from './sig-storage/consumable.ts';
import { downwardVolumes } from './sig-storage/downward.ts';
import { emptyDirVolumes } from './sig-storage/empty-dir.ts';
import { subpaths } from './sig-storage/subpath.ts';
import { volumeUpdates } from './sig-storage/updates.ts';

/** Every test there is. The one list to add to. */
export const tests: readonly TestCase[] = [
  ...pods, ...containerRuntime, ...commands, ...initContainers, ...kubelet, ...probes, ...lifecycleHooks, ...securityContexts,
  ...subpathExpansion, ...nodes,
  ...consumableVolumes, ...volumeUpdates, ...emptyDirVolumes, ...downwardVolumes, ...subpaths, ...combinedVolumes,
];
