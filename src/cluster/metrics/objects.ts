import type { Client } from '../../client/index.ts';
import { APIService } from '../../kinds/apiregistration/api-service.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { ensure } from '../control-plane/cluster-objects.ts';

/** The Service the API is registered with. There is no such object: this process answers for it. */
export const METRICS_SERVICE = 'kube-system/knarr-metrics';

const API_SERVICE = 'v1beta1.metrics.k8s.io';

/**
 * Registers the API, unless somebody did: who brings a metrics server of his own points the APIService at it. Resolves when ours
 * is served, so that nobody who asks for all there is, right after the start, is told that a part is missing.
 */
export async function registerMetrics(client: Client): Promise<void> {
  const [namespace = '', name = ''] = METRICS_SERVICE.split('/');
  await ensure(client, APIService, {
    metadata: { name: API_SERVICE },
    spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: { namespace, name, port: 443 } },
  });
  const aggregate = Object.fromEntries(['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']));
  await ensure(client, ClusterRole, {
    metadata: { name: 'system:aggregated-metrics-reader', labels: aggregate }, rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  });
  for await (const batch of client.watch(APIService, { fieldSelector: `metadata.name=${API_SERVICE}` })) {
    if (batch.some(({ object }) => isServed(object) || `${object.spec.service?.namespace}/${object.spec.service?.name}` !== METRICS_SERVICE)) return;
  }
}

const isServed = ({ status }: APIService): boolean => status.conditions?.some(({ type, status: is }) => type === 'Available' && is === 'True') ?? false;
