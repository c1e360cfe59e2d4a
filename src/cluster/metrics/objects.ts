import type { Client } from '../../client/index.ts';
import { APIService } from '../../kinds/apiregistration/api-service.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { isApiError } from '../../meta/api-error.ts';

/** The Service the API is registered with. There is no such object: this process answers for it. */
export const METRICS_SERVICE = 'kube-system/knarr-metrics';

/** Registers the API, unless somebody did: who brings a metrics server of his own points the APIService at it. */
export async function registerMetrics(client: Client): Promise<void> {
  const [namespace = '', name = ''] = METRICS_SERVICE.split('/');
  await ifNew(client.create(APIService, {
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: { namespace, name, port: 443 } },
  }));
  const aggregate = Object.fromEntries(['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']));
  await ifNew(client.create(ClusterRole, {
    metadata: { name: 'system:aggregated-metrics-reader', labels: aggregate }, rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  }));
}

async function ifNew(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}
