import type { Resources } from '../resources.ts';
import type { Version } from '../watch-cache/version.ts';
import { OF_MANY, type AccessRequest, type Authorizer, type Verdict } from './authorizer.ts';
import { podReferences } from './pod-references.ts';
import { onlyValue } from './selector-terms.ts';
import { type PolicyRule, ruleAllows } from './rules.ts';
import { parseRules } from '../bootstrap/rule-text.ts';

const PREFIX = 'system:node:';
const NO: Verdict = { allowed: false, reason: '' };
const YES: Verdict = { allowed: true, reason: '' };

/** What every node may do, whatever runs on it. */
const RULES: readonly PolicyRule[] = parseRules([
  'create | authentication.k8s.io | tokenreviews',
  'create | authorization.k8s.io | subjectaccessreviews,localsubjectaccessreviews',
  'get,list,watch | | services',
  'create,get,list,watch | | nodes',
  'update,patch | | nodes,nodes/status',
  'create,delete,get,list,watch | | pods',
  'update,patch | | pods/status',
  'create | | pods/eviction',
  'create,update,patch | ,events.k8s.io | events',
  'get,list,watch | storage.k8s.io | csidrivers,storageclasses',
  'get,list,watch | node.k8s.io | runtimeclasses',
  'create,get,list,watch | certificates.k8s.io | certificatesigningrequests',
  'get,list,watch | discovery.k8s.io | endpointslices',
]);

/**
 * Lets a node read the Secrets, ConfigMaps, claims and volumes that pods bound to it refer to, and no others; lets it
 * write its own Lease, CSINode and ResourceSlices, and ask for tokens of accounts its pods use.
 */
export class NodeAuthorizer implements Authorizer {
  readonly #resources: Resources;
  /** By key. */
  readonly #podsByNode = new Map<string, Map<string, Version>>();

  constructor(resources: Resources) {
    this.#resources = resources;
    const pods = resources.of('', 'pods');
    if (!pods) return;
    for (const version of pods.cache.list('')) this.#note(undefined, version);
    pods.cache.onChange(({ type, version, previous }) => this.#note(previous, type === 'DELETED' ? undefined : version));
  }

  authorize(access: AccessRequest): Verdict {
    const { user } = access;
    if (!user.username.startsWith(PREFIX) || !user.groups.includes('system:nodes')) return NO;
    if (!access.isResource) return NO;
    const node = user.username.slice(PREFIX.length);
    if (RULES.some((rule) => ruleAllows(rule, access))) return YES;
    return this.#related(node, access) ? YES : NO;
  }

  #related(node: string, access: AccessRequest): boolean {
    const { group, resource, subresource, verb, name, namespace } = access;
    const reads = verb === 'get' || verb === 'list' || verb === 'watch';
    switch (`${group}/${resource}${subresource === '' ? '' : `/${subresource}`}`) {
      case '/secrets':
      case '/configmaps':
      case '/persistentvolumeclaims':
        return reads && name !== '' && this.#refers(node, { namespace, resource, name });
      case '/serviceaccounts/token':
        return verb === 'create' && this.#refers(node, { namespace, resource: 'serviceaccounts', name });
      case '/serviceaccounts':
        return verb === 'get' && this.#refers(node, { namespace, resource, name });
      case '/persistentvolumes':
        return verb === 'get' && this.#volumeOf(node, name);
      case '/persistentvolumeclaims/status':
        return (verb === 'update' || verb === 'patch') && this.#refers(node, { namespace, resource, name });
      case 'resource.k8s.io/resourceclaims':
        return verb === 'get' && this.#refers(node, { namespace, resource, name });
      case 'resource.k8s.io/resourceslices':
        return this.#ownsSlices(node, access);
      case 'storage.k8s.io/volumeattachments':
        return verb === 'get';
      case 'storage.k8s.io/csinodes':
        return (name === node || verb === 'create') && ['create', 'get', 'update', 'patch', 'delete'].includes(verb);
      case 'discovery.k8s.io/endpointslices':
        // Every node answers for the cluster's DNS, and says so in a slice of its own.
        return namespace === 'kube-system' && (verb === 'create' || (['update', 'patch', 'delete'].includes(verb) && name.endsWith(`-${node}`)));
      case 'coordination.k8s.io/leases':
        return namespace === 'kube-node-lease' && (name === node || verb === 'create') && ['create', 'get', 'update', 'patch', 'delete'].includes(verb);
      default:
        return false;
    }
  }

  #note(old: Version | undefined, pod: Version | undefined): void {
    const before = old ? nodeNameOf(old) : '';
    const now = pod ? nodeNameOf(pod) : '';
    if (old && before !== '' && before !== now) this.#podsByNode.get(before)?.delete(old.key);
    if (now === '' || !pod) return;
    let pods = this.#podsByNode.get(now);
    if (!pods) this.#podsByNode.set(now, (pods = new Map()));
    pods.set(pod.key, pod);
  }

  #refers(node: string, to: { namespace: string; resource: string; name: string }): boolean {
    for (const pod of this.#podsByNode.get(node)?.values() ?? []) {
      if (pod.path.startsWith(`${to.namespace}/`) && podReferences(pod).has(`${to.resource}/${to.name}`)) return true;
    }
    return false;
  }

  /** What drivers on the node offer. Admission sees to it that nothing is made in another's name. */
  #ownsSlices(node: string, { verb, name, fieldTerms }: AccessRequest): boolean {
    if (verb === 'create') return true;
    if (OF_MANY.includes(verb)) return onlyValue(fieldTerms, 'spec.nodeName') === node;
    const slice = this.#resources.of('resource.k8s.io', 'resourceslices')?.cache.object('', name);
    return (slice?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName === node;
  }

  #volumeOf(node: string, volume: string): boolean {
    const claim = (this.#resources.of('', 'persistentvolumes')?.cache.object('', volume)?.['spec'] as
      { readonly claimRef?: { readonly namespace?: string; readonly name?: string } } | undefined)?.claimRef;
    return claim !== undefined && this.#refers(node, { namespace: claim.namespace ?? '', resource: 'persistentvolumeclaims', name: claim.name ?? '' });
  }
}

/** Once for each version: it is asked with every change of any pod. */
const nodeNameOf = (pod: Version): string => pod.field('spec.nodeName', ({ spec }) => (spec as { readonly nodeName?: string } | undefined)?.nodeName ?? '');
