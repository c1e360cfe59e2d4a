/** Who may do what, as a scanner finds out: asked, not read off the rules. The tables of docs/security.md are made here. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startApi, type TestApi } from '../src/apiserver/testing/start-api.ts';
import type { UserInfo } from '../src/wire/api.ts';
import { PLAIN_PATHS, resourceRoutes, type Route, type Verb } from './security/routes.ts';
import { ask, canI, markdown, merged, section, verbsText, type Viewer } from './security/scan.ts';

const PAGE = new URL('../docs/security.md', import.meta.url);
const REGENERATE = 'docs/security.md is not what the server answers: look at the difference, then WRITE_SECURITY_TABLES=yes npx vitest run --project unit test/security.test.ts';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

/** In the page, or written there when asked for. */
function expectInPage(name: string, table: string): void {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['WRITE_SECURITY_TABLES']) writeFileSync(PAGE, section(page, name, table));
  else expect(section(page, name), REGENERATE).toBe(table);
}

async function make(api: TestApi, url: string, body: object): Promise<void> {
  const { status, text } = await api.request('POST', url, body);
  expect([201, 409], `${url} ${text}`).toContain(status);
}

async function bind(api: TestApi, user: string, role: string, namespace?: string): Promise<void> {
  const where = namespace === undefined ? `${RBAC}/clusterrolebindings` : `${RBAC}/namespaces/${namespace}/rolebindings`;
  const apiGroup = 'rbac.authorization.k8s.io';
  await make(api, where, { metadata: { name: `${user}-${role}`.replaceAll(':', '-') }, roleRef: { apiGroup, kind: 'ClusterRole', name: role }, subjects: [{ apiGroup, kind: 'User', name: user }] });
}

const person = (username: string): UserInfo => ({ username, groups: [] });
const NODE: UserInfo = { username: 'system:node:n1', groups: ['system:nodes'] };
const TEAM = { namespace: 'team', name: 'n1' };

/** A namespace with a pod on node n1 and all that it mounts, named alike, and the same once more for n2. */
async function prepare(api: TestApi): Promise<void> {
  await make(api, '/api/v1/namespaces', { metadata: { name: 'team' } });
  await make(api, '/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } });
  for (const namespace of ['team', 'default']) await make(api, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  const [core, claim] = ['/api/v1/namespaces/team', { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }];
  for (const name of ['n1', 'n2']) {
    await make(api, '/api/v1/nodes', { metadata: { name } });
    await make(api, '/apis/storage.k8s.io/v1/csinodes', { metadata: { name }, spec: { drivers: [] } });
    await make(api, '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', { metadata: { name } });
    await make(api, `${core}/serviceaccounts`, { metadata: { name } });
    await make(api, `${core}/secrets`, { metadata: { name } });
    await make(api, `${core}/configmaps`, { metadata: { name } });
    await make(api, '/api/v1/persistentvolumes', { metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' }, claimRef: { namespace: 'team', name } } });
    await make(api, `${core}/persistentvolumeclaims`, { metadata: { name }, spec: { ...claim, volumeName: name } });
    await make(api, `${core}/pods`, { metadata: { name }, spec: {
      nodeName: name, serviceAccountName: name,
      containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name } }, { configMapRef: { name } }] }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }],
    } });
  }
}

/** What of a route's verbs is let through: anything but 401 and 403. */
async function allowedOf(api: TestApi, viewer: Viewer, route: Route): Promise<readonly Verb[]> {
  const allowed: Verb[] = [];
  for (const verb of route.verbs) {
    const { status, message } = await ask(api, viewer, { route, verb });
    if (status >= 500) expect([501, 503, 504], `${viewer.title}: ${verb} ${route.resource}: ${message}`).toContain(status);
    if (status !== 401 && status !== 403) allowed.push(verb);
  }
  return allowed;
}

const SCANNERS: readonly Viewer[] = [
  { title: 'nobody', user: null, place: TEAM },
  { title: '`edit` in `team`, there', user: person('dev'), place: TEAM },
  { title: 'the same, elsewhere', user: person('dev'), place: { namespace: 'default', name: 'n1' } },
  { title: 'node `n1`, its own', user: NODE, place: TEAM },
  { title: 'node `n1`, of `n2`', user: NODE, place: { namespace: 'team', name: 'n2' } },
];

test('every route, asked by nobody, by a user of one namespace and by a node, answers as docs/security.md says', async () => {
  await using api = await startApi();
  await prepare(api);
  await bind(api, 'dev', 'edit', 'team');

  const rows = [];
  for (const route of await resourceRoutes(api)) {
    const cells = [];
    for (const viewer of SCANNERS) cells.push(verbsText(await allowedOf(api, placed(viewer, route), route), route.verbs));
    rows.push({ group: `${route.group === '' ? 'core' : route.group}/${route.version}`, resource: `\`${route.resource}\``, cells });
  }

  expectInPage('routes', markdown(['group', 'resources', ...SCANNERS.map(({ title }) => title)], merged(rows)));
}, 120_000);

/** Where nodes keep their leases. */
const placed = (viewer: Viewer, { resource }: Route): Viewer => (viewer.user === NODE && resource === 'leases' ? { ...viewer, place: { ...viewer.place, namespace: 'kube-node-lease' } } : viewer);

test('every other path, asked by the same, answers as docs/security.md says', async () => {
  await using api = await startApi();
  await bind(api, 'dev', 'edit', 'default');
  const asked: readonly Pick<Viewer, 'title' | 'user'>[] = [{ title: 'nobody', user: null }, { title: 'any user', user: person('dev') }, { title: 'a node', user: NODE }];

  const rows = [];
  for (const path of PLAIN_PATHS) {
    const cells = [];
    for (const { user } of asked) cells.push(String((await api.request('GET', path, undefined, { user })).status));
    rows.push({ group: '', resource: `\`${path}\``, cells });
  }

  expectInPage('paths', markdown(['paths', ...asked.map(({ title }) => title)], merged(rows).map(([, ...cells]) => cells)));
});

/** Resources the table of roles tells of, by what they are examples of. */
const TOLD = [
  'pods', 'pods/log', 'pods/exec', 'pods/eviction', 'pods/status', 'services', 'services/proxy', 'configmaps', 'secrets', 'serviceaccounts', 'serviceaccounts/token', 'persistentvolumeclaims',
  'events', 'resourcequotas', 'namespaces', 'nodes', 'nodes/proxy', 'persistentvolumes', 'deployments', 'deployments/scale', 'roles', 'rolebindings', 'clusterroles', 'networkpolicies', 'endpointslices', 'leases',
  'customresourcedefinitions', 'certificatesigningrequests', 'storageclasses', 'bindings',
];

const bound = (title: string, role: string): Viewer & { readonly role: string } => ({ title: `\`${title}\``, user: person(`${role}-user`), place: TEAM, role });
const ROLES = [bound('cluster-admin', 'cluster-admin'), bound('admin', 'admin'), bound('edit', 'edit'), bound('view', 'view')];
const SYSTEM: readonly Viewer[] = ['system:kube-scheduler', 'system:kube-controller-manager', 'system:kube-proxy'].map((name) => ({ title: `\`${name}\``, user: person(name), place: TEAM }));
const UNBOUND: Viewer = { title: 'no role', user: person('joe'), place: TEAM };

test('what the default roles may do is the same when asked and when tried, and as docs/security.md says', async () => {
  await using api = await startApi();
  await prepare(api);
  for (const { role } of ROLES) await bind(api, `${role}-user`, role, role === 'cluster-admin' ? undefined : 'team');
  const routes = (await resourceRoutes(api)).filter(({ resource, version, group }) => TOLD.includes(resource) && version === 'v1' && group !== 'events.k8s.io');
  const viewers = [...ROLES, ...SYSTEM, UNBOUND];

  const rows = [];
  for (const route of routes) {
    const cells = [];
    for (const viewer of viewers) {
      const allowed: Verb[] = [];
      for (const verb of route.verbs) {
        const said = await canI(api, viewer, { route, verb });
        const { status, message } = await ask(api, viewer, { route, verb });
        const refused = status === 403 && message.includes(` cannot ${verb} resource `);
        expect(!refused, `${viewer.title} ${verb} ${route.resource}: ${status} ${message}`).toBe(said);
        if (said) allowed.push(verb);
      }
      cells.push(verbsText(allowed, route.verbs));
    }
    rows.push({ group: route.group === '' ? 'core' : route.group, resource: `\`${route.resource}\``, cells });
  }

  expectInPage('roles', markdown(['group', 'resources', ...viewers.map(({ title }) => title)], merged(rows)));
}, 120_000);
