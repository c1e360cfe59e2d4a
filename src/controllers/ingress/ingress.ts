import { Service } from '../../kinds/core/service.ts';
import { IngressClass } from '../../kinds/networking/ingress-class.ts';
import { Ingress } from '../../kinds/networking/ingress.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import type { Client } from '../../client/index.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { INGRESS_PORTS, INGRESS_SERVICE, isBuiltInIngress } from '../../rules/built-in-ingress.ts';
import { grantCertificates, unless } from './certificate-role.ts';
import { defineController, watchOf, type Context, type Controller } from '../runtime/index.ts';

/** In each namespace with certificates for Ingresses. */
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
      if (!entrance) return void (await openEntrance(context));
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

export async function openEntrance({ client }: { readonly client: Client }): Promise<void> {
  await client.create(Service, service).catch(unless('AlreadyExists'));
}

/** Lets the agents read the certificates of the namespace's Ingresses. */
function grant(namespace: string, readers: string, context: Context): Promise<void> {
  const { cache } = context;
  const classes = cache.list(IngressClass);
  const ours = cache.list(Ingress, namespace).filter((ingress) => isBuiltInIngress(ingress, classes));
  const secrets = ours.flatMap(({ spec }) => spec.tls ?? []).flatMap(({ secretName }) => secretName ?? []);
  return grantCertificates({ name: READER, namespace, secrets, readers }, context);
}
