import type { CustomResourceDefinition } from '../../../kinds/apiextensions/custom-resource-definition.ts';
import type { DeepPartial } from '../../../meta/object.ts';
import { groupResource, type Resource } from '../../../meta/resource.ts';
import { Gateway, GatewayClass, GRPCRoute, HTTPRoute, ReferenceGrant } from '../kinds.ts';

const API_APPROVED = 'https://github.com/kubernetes-sigs/gateway-api/pull/2466';

/** A definition that serves a kind, and asks nothing of its objects but that they have a spec. */
const definition = (kind: Resource): DeepPartial<CustomResourceDefinition> => {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition',
    metadata: { name: groupResource(kind), annotations: { 'api-approved.kubernetes.io': API_APPROVED } },
    spec: {
      group: kind.group, scope: kind.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural: kind.plural, singular: kind.kind.toLowerCase() },
      versions: [{
        name: kind.version, served: true, storage: true, subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec: open, status: open } } },
      }],
    },
  } as DeepPartial<CustomResourceDefinition>;
};

/** Definitions of the kinds that are served here, for tests: the real ones say much more. */
export const gatewayDefinitions = [GatewayClass, Gateway, HTTPRoute, GRPCRoute, ReferenceGrant].map(definition);
