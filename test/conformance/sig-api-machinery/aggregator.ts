import { APIService } from '../../../src/kinds/apiregistration/api-service.ts';
import { ServiceAccount } from '../../../src/kinds/core/service-account.ts';
import { ClusterRoleBinding } from '../../../src/kinds/rbac/cluster-role-binding.ts';
import { RoleBinding } from '../../../src/kinds/rbac/role-binding.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { call, startServer } from '../framework/server-pod.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const GROUP = 'wardle.example.com';
const VERSION = 'v1alpha1';
const RBAC = 'rbac.authorization.k8s.io';

/** A server of another API: found, registered, asked for everything, and gone without a trace. */
export const aggregator: readonly TestCase[] = [
  test('[sig-api-machinery] Aggregator Should be able to support the 1.17 Sample API Server using the current Aggregator [Conformance]', { timeoutSeconds: 300 }, async (t) => {
    await delegate(t, 'sample-apiserver');
    const { service, caBundle } = await startServer(t, { mode: 'sample-api', name: 'sample-api', serviceAccountName: 'sample-apiserver' });
    const name = `${VERSION}.${GROUP}`;
    await t.client.create(APIService, { metadata: { name }, spec: { group: GROUP, version: VERSION, groupPriorityMinimum: 2000, versionPriority: 200, service, caBundle } });
    t.defer(() => t.client.delete(APIService, name));
    await t.eventually('the APIService is available', async () => {
      const { status } = await t.client.get(APIService, name);
      return status.conditions?.some((one) => one.type === 'Available' && one.status === 'True');
    });

    const path = `/apis/${GROUP}/${VERSION}/namespaces/${t.namespace}/flunders`;
    const flunder = (label: string) => ({ apiVersion: `${GROUP}/${VERSION}`, kind: 'Flunder', metadata: { name: t.name('flunder'), labels: { label } } });
    const made = await call(t, 'POST', path, { body: flunder('a') });
    check((await call(t, 'GET', `${path}/${made.metadata.name}`)).metadata.resourceVersion === made.metadata.resourceVersion, 'what was made is read');
    await call(t, 'POST', path, { body: flunder('b') });
    check((await call(t, 'GET', path)).items?.length === 2, 'both are listed');
    check((await call(t, 'GET', `${path}?labelSelector=label%3Db`)).items?.length === 1, 'one is listed by its label');
    await call(t, 'DELETE', `${path}/${made.metadata.name}`);
    await call(t, 'DELETE', path);
    check((await call(t, 'GET', path)).items?.length === 0, 'none is left');

    const groups = async () => (await call<{ groups: readonly { name: string }[] }>(t, 'GET', '/apis')).groups.map((one) => one.name);
    check((await groups()).includes(GROUP), 'discovery tells of it');
    await t.client.delete(APIService, name);
    await t.eventually('discovery forgets it', async () => !(await groups()).includes(GROUP));
  }),
];

/** The server may read how callers are vouched for, and ask what they may do. */
async function delegate(t: Context, account: string): Promise<void> {
  await t.client.create(ServiceAccount, { metadata: { name: account } }, { namespace: t.namespace });
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace: t.namespace }];
  const name = t.name('e2e-aggregator');
  await t.client.create(ClusterRoleBinding, { metadata: { name }, subjects, roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'system:auth-delegator' } });
  t.defer(() => t.client.delete(ClusterRoleBinding, name));
  await t.client.create(RoleBinding, { metadata: { name, namespace: 'kube-system' }, subjects, roleRef: { apiGroup: RBAC, kind: 'Role', name: 'extension-apiserver-authentication-reader' } }, { namespace: 'kube-system' });
  t.defer(() => t.client.delete(RoleBinding, name, { namespace: 'kube-system' }));
}
