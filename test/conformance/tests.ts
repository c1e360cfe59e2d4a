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
import { admissionWebhooks } from './sig-api-machinery/admission-webhooks.ts';
import { aggregator } from './sig-api-machinery/aggregator.ts';
import { conversionWebhooks } from './sig-api-machinery/conversion-webhooks.ts';
import { customResources } from './sig-api-machinery/custom-resources.ts';
import { events, newEvents } from './sig-api-machinery/events.ts';
import { garbageCollector } from './sig-api-machinery/garbage-collector.ts';
import { publishOpenApi } from './sig-api-machinery/publish-openapi.ts';
import { resourceQuotas } from './sig-api-machinery/resource-quota.ts';
import { secrets } from './sig-api-machinery/secrets.ts';
import { server } from './sig-api-machinery/server.ts';
import { watchers } from './sig-api-machinery/watchers.ts';
import { daemonSets } from './sig-apps/daemon-sets.ts';
import { deployments } from './sig-apps/deployments.ts';
import { jobs } from './sig-apps/jobs.ts';
import { replicaSets } from './sig-apps/replica-sets.ts';
import { statefulSets } from './sig-apps/stateful-sets.ts';
import { serviceAccounts } from './sig-auth/service-accounts.ts';
import { guestbookTests } from './sig-cli/guestbook.ts';
import { kubectlProxy } from './sig-cli/proxy.ts';
import { kubectlTests } from './sig-cli/kubectl.ts';
import { dns } from './sig-network/dns.ts';
import { networking } from './sig-network/networking.ts';
import { serviceTypes } from './sig-network/service-types.ts';
import { services } from './sig-network/services.ts';
import { sessionAffinity } from './sig-network/affinity.ts';
import { configMaps } from './sig-node/config-map.ts';
import { downwardApi } from './sig-node/downward-api.ts';
import { templates } from './sig-node/templates.ts';
import { predicates } from './sig-scheduling/predicates.ts';
import { preemption } from './sig-scheduling/preemption.ts';
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
  ...secrets, ...watchers, ...events, ...server, ...garbageCollector, ...resourceQuotas,
  ...admissionWebhooks, ...aggregator,
  ...customResources, ...publishOpenApi, ...conversionWebhooks,
  ...deployments, ...replicaSets, ...jobs, ...daemonSets, ...statefulSets,
  ...serviceAccounts, ...kubectlTests, ...kubectlProxy, ...guestbookTests, ...newEvents,
  ...services, ...serviceTypes, ...sessionAffinity, ...dns, ...networking,
  ...predicates, ...preemption,
  ...configMaps, ...downwardApi, ...templates,
  ...consumableVolumes, ...volumeUpdates, ...emptyDirVolumes, ...downwardVolumes, ...subpaths, ...combinedVolumes,
];
