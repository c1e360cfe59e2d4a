import { forbiddenRequest } from '../../../meta/api-error.ts';
import { MASTERS } from '../../authz/union.ts';
import { type PolicyRule, printRule, uncovered } from '../../authz/rules.ts';
import type { Core } from '../../core.ts';
import { sameObject } from '../../registry/equality.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Nobody grants what they do not have, unless they may `escalate` or `bind`. */
export const rbacEscalation: AdmissionPlugin = {
  name: 'RBACEscalation',
  on: {
    operations: ['CREATE', 'UPDATE'],
    resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural) => `${plural}.${GROUP}`),
  },

  async validate(attributes, core) {
    const { user, kind, object, old } = attributes;
    if (user.groups.includes(MASTERS)) return;
    if (kind.kind.endsWith('Role')) {
      if (old && sameObject(old['rules'], object['rules']) && sameObject(old['aggregationRule'], object['aggregationRule'])) return;
      if (await allowed(attributes, core, { verb: 'escalate', plural: kind.plural, name: object.metadata.name })) return;
      const everything: readonly PolicyRule[] = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] }];
      refuseUnlessHeld(attributes, core, object['aggregationRule'] ? everything : ((object['rules'] ?? []) as readonly PolicyRule[]));
      return;
    }
    if (old && sameObject(old['roleRef'], object['roleRef']) && sameObject(old['subjects'], object['subjects'])) return;
    const ref = object['roleRef'] as { readonly kind: string; readonly name: string };
    const plural = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (await allowed(attributes, core, { verb: 'bind', plural, name: ref.name })) return;
    refuseUnlessHeld(attributes, core, core.rbac.rulesOf(ref, attributes.namespace));
  },
};

async function allowed({ user, namespace }: Attributes, core: Core, about: { verb: string; plural: string; name: string }): Promise<boolean> {
  const verdict = await core.authorizer.authorize({
    user, verb: about.verb, isResource: true, group: GROUP, version: 'v1', resource: about.plural, subresource: '', namespace, name: about.name, path: '',
  });
  return verdict.allowed;
}

function refuseUnlessHeld({ user, kind, namespace, name }: Attributes, core: Core, rules: readonly PolicyRule[]): void {
  const missing = uncovered(rules, core.rbac.rulesFor(user, namespace));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  throw forbiddenRequest(kind, name,
    `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(printRule).join('\n')}`);
}
