import { Service } from '../../kinds/core/service.ts';
import { IngressClass } from '../../kinds/networking/ingress-class.ts';
import { Ingress } from '../../kinds/networking/ingress.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { RoleBinding } from '../../kinds/rbac/role-binding.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { INGRESS_PORTS, INGRESS_SERVICE, isBuiltInIngress } from '../../rules/built-in-ingress.ts';
import { defineController, watchOf, type Context, type Controller } from '../runtime/index.ts';

/** In each namespace with certificates for ingresses: lets the agents read those, and no other Secret. */
const READER = 'knarr:ingress';

/** What upstream's controllers may not do and this one must: rules of a ClusterRole for who runs it. */
export const INGRESS_RIGHTS = [
  { apiGroups: [''], resources: ['services'], verbs: ['create'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update', 'patch'] },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'update', 'delete'] },
];

/**
 * What the built-in ingress needs of the API: the Service that it is reached by, its addresses on each Ingress, and the
 * agents' right to the certificates that Ingresses name. `readers`: the agents' group.
 */
export function ingressController(readers: string): Controller {
  return defineController({
    name: 'ingress',
    for: Ingress,
    reads: [IngressClass, Role],
    watches: [
      watchOf(IngressClass, (_, cache) => cache.list(Ingress).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)),
      watchOf(Service, ({ metadata }, cache) => (isEntrance(metadata) ? cache.list(Ingress).map((one) => `${one.metadata.namespace}/${one.metadata.name}`) : [])),
    ],
    async reconcile(ingress, context) {
      const { namespace = '' } = ingress.metadata;
      await grant(namespace, readers, context);
      if (!isBuiltInIngress(ingress, context.cache.list(IngressClass))) return;
      const entrance = context.cache.get(Service, INGRESS_SERVICE.name, INGRESS_SERVICE.namespace);
      if (!entrance) return void (await open(context));
      const addresses = (entrance.status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ({ ...(ip ? { ip } : {}), ...(hostname ? { hostname } : {}) }));
      if (deepEqual(ingress.status.loadBalancer.ingress ?? [], addresses)) return;
      await context.client.updateStatus(Ingress, { ...ingress, status: { loadBalancer: { ingress: addresses } } });
    },
    gone: (key, context) => grant(key.split('/')[0]!, readers, context),
  });
}

const isEntrance = ({ namespace, name }: { readonly namespace?: string; readonly name: string }): boolean => namespace === INGRESS_SERVICE.namespace && name === INGRESS_SERVICE.name;

/** It selects nothing: each agent says where it answers. With policy Local the backends see who asks. */
const service: DeepPartial<Service> = {
  metadata: { ...INGRESS_SERVICE, labels: { 'app.kubernetes.io/name': INGRESS_SERVICE.name } },
  spec: {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, targetPort: INGRESS_PORTS.http },
      { name: 'https', protocol: 'TCP', port: 443, targetPort: INGRESS_PORTS.https },
    ],
  },
};

async function open({ client }: Context): Promise<void> {
  await client.create(Service, service).catch((error: unknown) => {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  });
}

/** Makes the namespace's Role name the certificates of its Ingresses, or takes it away with the last of them. */
async function grant(namespace: string, readers: string, { cache, client }: Context): Promise<void> {
  const classes = cache.list(IngressClass);
  const ours = cache.list(Ingress, namespace).filter((ingress) => isBuiltInIngress(ingress, classes));
  const names = [...new Set(ours.flatMap(({ spec }) => spec.tls ?? []).flatMap(({ secretName }) => secretName ?? []))].toSorted();
  const role = cache.get(Role, READER, namespace);
  if (names.length === 0) {
    if (!role) return;
    await client.delete(RoleBinding, READER, { namespace }).catch(unlessGone);
    return void (await client.delete(Role, READER, { namespace }).catch(unlessGone));
  }
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: names, verbs: ['get', 'list', 'watch'] }];
  if (role && deepEqual(role.rules, rules)) return;
  if (role) return void (await client.update(Role, { ...role, rules }));
  await client.create(Role, { metadata: { name: READER, namespace }, rules });
  await client.create(RoleBinding, {
    metadata: { name: READER, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: READER },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: readers }],
  }).catch((error: unknown) => {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  });
}

function unlessGone(error: unknown): void {
  if (!isApiError(error, 'NotFound')) throw error;
}
