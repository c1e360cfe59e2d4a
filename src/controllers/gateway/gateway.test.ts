import { expect, test } from 'vitest';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Secret } from '../../kinds/core/secret.ts';
import { Service } from '../../kinds/core/service.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { ClusterRoleBinding } from '../../kinds/rbac/cluster-role-binding.ts';
import { Role } from '../../kinds/rbac/role.ts';
import type { DeepPartial } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import { Gateway, GatewayClass, HTTPRoute, ReferenceGrant, type Condition } from '../../rules/gateway/kinds.ts';
import { gatewayDefinitions } from '../../rules/gateway/testing/definitions.ts';
import { gateway, grant, http, httpRoute, https, leads } from '../../rules/gateway/testing/objects.ts';
import { INGRESS_RIGHTS } from '../ingress/ingress.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { planPorts } from './entrance.ts';
import { GATEWAY_RIGHTS } from './gateway.ts';
import { gatewayApi } from './served.ts';

const at = { namespace: 'shop' };
const ENTRANCE = { namespace: 'kube-system' };
const PEM = (what: string): string => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;

/** A cluster whose nodes would answer at 192.0.2.1. */
async function start(): Promise<TestCluster> {
  const cluster = await startControlled([gatewayApi('agents')]);
  const { client } = cluster;
  await client.create(ClusterRole, { metadata: { name: 'ingress' }, rules: [...INGRESS_RIGHTS, ...GATEWAY_RIGHTS] });
  await client.create(ClusterRoleBinding, {
    metadata: { name: 'ingress' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ingress' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-controller-manager' }],
  });
  return cluster;
}

async function install({ client, pass, find }: TestCluster): Promise<void> {
  for (const one of gatewayDefinitions) await client.create(CustomResourceDefinition, one);
  await find(async () => (await client.list(GatewayClass).catch(() => undefined))?.items.find(({ status }) => status));
  await pass(1);
}

/** As an object from a file: without what the server says. */
const put = <R extends Resource>({ client }: TestCluster, kind: R, object: InstanceOf<R>, namespace = 'shop') => {
  const { apiVersion, kind: name, metadata, spec } = object as unknown as { apiVersion: string; kind: string; metadata: { name: string }; spec: unknown };
  return client.create(kind, { apiVersion, kind: name, metadata: { name: metadata.name, namespace }, spec } as unknown as DeepPartial<InstanceOf<R>>);
};
const open = async ({ client, quiet }: TestCluster): Promise<void> => {
  const service = await client.get(Service, 'knarr-ingress', ENTRANCE);
  await client.updateStatus(Service, { ...service, status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } } });
  await quiet();
};
const brief = (conditions: readonly Condition[] = []): readonly string[] => conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
const routeSays = async ({ client }: TestCluster, name: string) => brief((await client.get(HTTPRoute, name, at)).status?.parents?.[0]?.conditions);

test('the class comes with the definitions, and nothing is asked before', async () => {
  await using cluster = await start();
  await cluster.pass(5);
  await install(cluster);
  const [{ spec, status, metadata }] = (await cluster.client.list(GatewayClass)).items as [GatewayClass];
  expect([metadata.name, spec.controllerName, brief(status?.conditions)]).toEqual(['knarr', 'knarr.dev/gateway-controller', ['Accepted True Accepted']]);
  await expect(cluster.client.get(Service, 'knarr-ingress', ENTRANCE)).rejects.toThrow('not found');
});

test('a Gateway has the nodes\' addresses once they listen for it, and the routes that attach to it', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  await client.create(Service, { metadata: { name: 'web', ...at }, spec: { ports: [{ port: 80 }] } });
  await put(cluster, Gateway, gateway('gw', [http('web'), http('api', { port: 8080, hostname: 'api.example' })]));
  await put(cluster, HTTPRoute, httpRoute('r', { rules: [leads('/', 'web')] }));
  await quiet();
  const service = await client.get(Service, 'knarr-ingress', ENTRANCE);
  expect(service.metadata.annotations).toMatchObject({ 'knarr.dev/gateway-api': 'gatewayclasses,gateways,grpcroutes,httproutes,referencegrants' });
  expect(service.spec.ports?.map(({ name, port, targetPort }) => [name, port, targetPort])).toEqual([['http', 80, 10_080], ['https', 443, 10_443], ['gateway-8080', 8080, 10_500]]);
  expect(brief((await client.get(Gateway, 'gw', at)).status?.conditions)).toEqual(['Accepted True Accepted', 'Programmed False AddressNotAssigned']);
  await open(cluster);
  const { status } = await client.get(Gateway, 'gw', at);
  expect([status?.addresses, brief(status?.conditions)]).toEqual([[{ type: 'IPAddress', value: '192.0.2.1' }], ['Accepted True Accepted', 'Programmed True Programmed']]);
  expect(status?.listeners?.map(({ name, attachedRoutes, supportedKinds }) => [name, attachedRoutes, supportedKinds.map(({ kind }) => kind)])).toEqual([['web', 1, ['HTTPRoute', 'GRPCRoute']], ['api', 1, ['HTTPRoute', 'GRPCRoute']]]);
  expect(brief(status?.listeners?.[0]?.conditions)).toEqual(['Accepted True Accepted', 'Conflicted False NoConflicts', 'ResolvedRefs True ResolvedRefs', 'Programmed True Programmed']);
  expect(await routeSays(cluster, 'r')).toEqual(['Accepted True Accepted', 'ResolvedRefs True ResolvedRefs']);
});

test('a listener that cannot be says why, and the others are served', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  await put(cluster, Gateway, gateway('gw', [http('good'), http('tcp', { protocol: 'TCP', port: 9000 }), http('kinds', { port: 81, allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } }), https('bare')]));
  await quiet();
  await open(cluster);
  const { status } = await client.get(Gateway, 'gw', at);
  expect(brief(status?.conditions)).toEqual(['Accepted True ListenersNotValid', 'Programmed True Programmed']);
  const of = (name: string) => brief(status?.listeners?.find((one) => one.name === name)?.conditions);
  expect(of('tcp')).toEqual(['Accepted False UnsupportedProtocol', 'Conflicted False NoConflicts', 'ResolvedRefs True ResolvedRefs', 'Programmed False Invalid']);
  expect(of('kinds').slice(2)).toEqual(['ResolvedRefs False InvalidRouteKinds', 'Programmed False Invalid']);
  expect(of('bare').slice(2)).toEqual(['ResolvedRefs False InvalidCertificateRef', 'Programmed False Invalid']);
  await put(cluster, Gateway, gateway('none', [http('udp', { protocol: 'UDP' })]));
  await quiet();
  expect(brief((await client.get(Gateway, 'none', at)).status?.conditions)).toEqual(['Accepted False ListenersNotValid', 'Programmed False Invalid']);
});

test('certificates count once they are there, and agents may read them and no other', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  const resolved = async () => brief((await client.get(Gateway, 'gw', at)).status?.listeners?.[0]?.conditions)[2];
  const readable = async () => (await client.list(Role)).items.filter(({ metadata }) => metadata.name === 'knarr:gateway').flatMap(({ metadata, rules }) => (rules ?? []).flatMap(({ resourceNames }) => `${metadata.namespace}: ${resourceNames?.join()}`));
  await put(cluster, Gateway, gateway('gw', [https('a')]));
  await client.create(Secret, { metadata: { name: 'a-tls', ...at }, stringData: { 'tls.crt': 'Hello', 'tls.key': 'world' } });
  await quiet();
  expect(await resolved()).toBe('ResolvedRefs False InvalidCertificateRef');
  await client.patch(Secret, 'a-tls', { type: 'merge', body: { stringData: { 'tls.crt': PEM('CERTIFICATE'), 'tls.key': PEM('EC PRIVATE KEY') } } }, at);
  await quiet();
  expect([await resolved(), await readable()]).toEqual(['ResolvedRefs True ResolvedRefs', ['shop: a-tls']]);

  await client.create(Namespace, { metadata: { name: 'vault' } });
  await client.create(Secret, { metadata: { name: 'b-tls', namespace: 'vault' }, stringData: { 'tls.crt': PEM('CERTIFICATE'), 'tls.key': PEM('PRIVATE KEY') } });
  await client.patch(Gateway, 'gw', { type: 'merge', body: { spec: { listeners: [https('a', { tls: { certificateRefs: [{ name: 'b-tls', namespace: 'vault' }] } })] } } }, at);
  await quiet();
  expect([await resolved(), await readable()]).toEqual(['ResolvedRefs False RefNotPermitted', []]);
  await put(cluster, ReferenceGrant, grant('vault', { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'shop' }, { group: '', kind: 'Secret' }), 'vault');
  await quiet();
  expect([await resolved(), await readable()]).toEqual(['ResolvedRefs True ResolvedRefs', ['vault: b-tls']]);
  await client.delete(Gateway, 'gw', at);
  await quiet();
  expect(await readable()).toEqual([]);
});

test('a route says of each parent whether it counts and whether its references hold', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  await client.create(Service, { metadata: { name: 'web', ...at }, spec: { ports: [{ port: 80 }] } });
  await put(cluster, Gateway, gateway('gw', [http('a', { hostname: 'a.example' })]));
  const backend = (ref: object) => ({ rules: [{ backendRefs: [{ name: 'web', port: 80, ...ref }] }] });
  const routes: Readonly<Record<string, HTTPRoute['spec']>> = {
    host: { hostnames: ['b.example'], ...backend({}) }, section: { parentRefs: [{ name: 'gw', sectionName: 'z' }] }, gone: backend({ name: 'nobody' }), port: backend({ port: 81 }),
    kind: backend({ kind: 'Bucket', group: 'x.io' }), far: backend({ namespace: 'default' }), part: { rules: [{ filters: [{ type: 'ExtensionRef' }] }, ...backend({}).rules] },
    filter: { rules: [{ filters: [{ type: 'ExtensionRef' }] }] },
  };
  for (const [name, spec] of Object.entries(routes)) await put(cluster, HTTPRoute, httpRoute(name, spec));
  await put(cluster, HTTPRoute, httpRoute('stranger', { parentRefs: [{ name: 'unknown' }] }));
  await quiet();
  const said = Object.fromEntries(await Promise.all(Object.keys(routes).map(async (name) => [name, await routeSays(cluster, name)])));
  const fine = 'ResolvedRefs True ResolvedRefs';
  expect(said).toEqual({
    host: ['Accepted False NoMatchingListenerHostname', fine], section: ['Accepted False NoMatchingParent', fine], gone: ['Accepted True Accepted', 'ResolvedRefs False BackendNotFound'],
    port: ['Accepted True Accepted', 'ResolvedRefs False BackendNotFound'], kind: ['Accepted True Accepted', 'ResolvedRefs False InvalidKind'], far: ['Accepted True Accepted', 'ResolvedRefs False RefNotPermitted'],
    part: ['Accepted True Accepted', fine, 'PartiallyInvalid True UnsupportedValue'], filter: ['Accepted False UnsupportedValue', fine],
  });
  expect((await client.get(HTTPRoute, 'stranger', at)).status).toBeUndefined();
  await client.create(Service, { metadata: { name: 'nobody', ...at }, spec: { ports: [{ port: 80 }] } });
  await quiet();
  expect(await routeSays(cluster, 'gone')).toEqual(['Accepted True Accepted', fine]);
});

test('what another controller said of a route stays', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  await put(cluster, HTTPRoute, httpRoute('r', { rules: [] }));
  const other = { parentRef: { name: 'theirs' }, controllerName: 'example.com/other', conditions: [] };
  const route = await client.get(HTTPRoute, 'r', at);
  await client.updateStatus(HTTPRoute, { ...route, status: { parents: [other] } });
  await put(cluster, Gateway, gateway('gw', [http('a')]));
  await quiet();
  expect((await client.get(HTTPRoute, 'r', at)).status?.parents?.map(({ controllerName }) => controllerName)).toEqual(['example.com/other', 'knarr.dev/gateway-controller']);
  await client.delete(Gateway, 'gw', at);
  await quiet();
  expect((await client.get(HTTPRoute, 'r', at)).status?.parents).toEqual([other]);
});

test('a port that another Service of the nodes has is not taken from it', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet } = cluster;
  await client.create(Service, { metadata: { name: 'db', ...at }, spec: { type: 'LoadBalancer', ports: [{ port: 8080 }] } });
  await put(cluster, Gateway, gateway('gw', [http('a', { port: 8080 }), http('b')]));
  await quiet();
  expect(brief((await client.get(Gateway, 'gw', at)).status?.listeners?.[0]?.conditions)[0]).toBe('Accepted False PortUnavailable');
  await client.delete(Service, 'db', at);
  await quiet();
  expect(brief((await client.get(Gateway, 'gw', at)).status?.listeners?.[0]?.conditions)[0]).toBe('Accepted True Accepted');
});

test('with the last Gateway, and with the definitions, everything of them goes', async () => {
  await using cluster = await start();
  await install(cluster);
  const { client, quiet, find } = cluster;
  const entrance = () => client.get(Service, 'knarr-ingress', ENTRANCE);
  const clean = async () => {
    const { metadata, spec } = await entrance();
    return metadata.annotations?.['knarr.dev/gateway-api'] === undefined && spec.ports?.length === 2 ? true : undefined;
  };
  await put(cluster, Gateway, gateway('gw', [http('a', { port: 8080 }), https('b')]));
  await quiet();
  expect(await clean()).toBeUndefined();
  await client.delete(Gateway, 'gw', at);
  await quiet();
  expect(await clean()).toBe(true);
  await put(cluster, Gateway, gateway('gw', [http('a', { port: 8080 }), https('b')]));
  await quiet();
  expect(await clean()).toBeUndefined();
  await client.delete(CustomResourceDefinition, 'gateways.gateway.networking.k8s.io');
  await find(clean);
  expect((await client.list(Role, at)).items.filter(({ metadata }) => metadata.name === 'knarr:gateway')).toEqual([]);
});

test('a port keeps its place on the nodes while it is wanted, and places are used again', () => {
  const own = { name: 'http', port: 80, targetPort: 10_080 };
  const places = (ports: Parameters<typeof planPorts>[0]) => ports.map(({ name, targetPort }) => `${name} ${targetPort}`);
  const first = planPorts([own] as never, [8443, 8080]);
  expect(places(first)).toEqual(['http 10080', 'gateway-8080 10500', 'gateway-8443 10501']);
  expect(places(planPorts(first, [8443, 90]))).toEqual(['http 10080', 'gateway-8443 10501', 'gateway-90 10500']);
});
