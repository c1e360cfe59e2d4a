import type { AnyObject } from '../../meta/object.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Resources } from '../resources.ts';
import type { AccessRequest, Authorizer, Verdict } from './authorizer.ts';
import { type PolicyRule, ruleAllows } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** Users whose rules are kept resolved. */
const KEPT_USERS = 2_048;

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface Grant {
  /** '' is everywhere. */
  readonly namespace: string;
  readonly roleRef: RoleRef;
  /** How messages name the binding. */
  readonly binding: string;
}

interface Granted {
  readonly rule: PolicyRule;
  readonly by: Grant;
  /** What is said of it to whom. */
  readonly verdicts: WeakMap<UserInfo, Verdict>;
}

const NOBODY_ALLOWS: Verdict = { allowed: false, reason: '' };

/** Everything one user may do. */
interface Rights {
  readonly everywhere: readonly Granted[];
  readonly in: ReadonlyMap<string, readonly Granted[]>;
}

/** RBAC over the watch cache: bindings indexed by subject, each user's rules resolved once until any of the four kinds changes. */
export class RbacAuthorizer implements Authorizer {
  readonly #resources: Resources;
  #grants: ReadonlyMap<string, readonly Grant[]> | undefined;
  readonly #rights = new Map<string, Rights>();
  /** The same, by the caller as authentication knows it: one object for each connection. */
  #rightsOfCallers = new WeakMap<UserInfo, Rights>();

  constructor(resources: Resources) {
    this.#resources = resources;
    for (const plural of ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']) {
      resources.of(GROUP, plural)?.cache.onChange(() => {
        this.#grants = undefined;
        this.#rights.clear();
        this.#rightsOfCallers = new WeakMap();
      });
    }
  }

  authorize(access: AccessRequest): Verdict {
    const { everywhere, in: inNamespace } = this.#rightsOf(access.user);
    const allows = ({ rule }: Granted): boolean => ruleAllows(rule, access);
    const found = everywhere.find(allows) ?? (access.isResource && access.namespace !== '' ? inNamespace.get(access.namespace)?.find(allows) : undefined);
    if (!found) return NOBODY_ALLOWS;
    const kept = found.verdicts.get(access.user);
    if (kept) return kept;
    const { binding, roleRef } = found.by;
    const verdict = { allowed: true, reason: `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subjectText(access.user)}` };
    found.verdicts.set(access.user, verdict);
    return verdict;
  }

  /** The rules that hold for `user` in `namespace`, cluster-wide ones included. */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[] {
    const { everywhere, in: inNamespace } = this.#rightsOf(user);
    return [...everywhere, ...(inNamespace.get(namespace) ?? [])].map(({ rule }) => rule);
  }

  #rightsOf(user: UserInfo): Rights {
    const known = this.#rightsOfCallers.get(user);
    if (known) return known;
    const rights = this.#namedRights(user);
    this.#rightsOfCallers.set(user, rights);
    return rights;
  }

  #namedRights(user: UserInfo): Rights {
    const key = `${user.username}\n${user.groups.join('\n')}`;
    const kept = this.#rights.get(key);
    if (kept) return kept;
    const grants = (this.#grants ??= this.#index());
    const everywhere: Granted[] = [];
    const inNamespace = new Map<string, Granted[]>();
    for (const subject of [`User:${user.username}`, ...user.groups.map((group) => `Group:${group}`)]) {
      for (const by of grants.get(subject) ?? []) {
        const rules = this.rulesOf(by.roleRef, by.namespace).map((rule): Granted => ({ rule, by, verdicts: new WeakMap() }));
        if (by.namespace === '') everywhere.push(...rules);
        else inNamespace.set(by.namespace, [...(inNamespace.get(by.namespace) ?? []), ...rules]);
      }
    }
    if (this.#rights.size >= KEPT_USERS) this.#rights.clear();
    const rights = { everywhere, in: inNamespace };
    this.#rights.set(key, rights);
    return rights;
  }

  /** A role's rules; none when there is no such role. */
  rulesOf(ref: RoleRef, namespace: string): readonly PolicyRule[] {
    const plural = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    const role = this.#resources.of(GROUP, plural)?.cache.object(ref.kind === 'ClusterRole' ? '' : namespace, ref.name);
    return ((role?.['rules'] as readonly PolicyRule[] | null | undefined) ?? []);
  }

  #index(): ReadonlyMap<string, readonly Grant[]> {
    const grants = new Map<string, Grant[]>();
    for (const plural of ['clusterrolebindings', 'rolebindings']) {
      for (const { object } of this.#resources.of(GROUP, plural)?.cache.list('') ?? []) {
        for (const { subject, grant } of grantsOf(object)) grants.set(subject, [...(grants.get(subject) ?? []), grant]);
      }
    }
    return grants;
  }
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

function* grantsOf(binding: AnyObject): Iterable<{ subject: string; grant: Grant }> {
  const namespace = binding.metadata.namespace ?? '';
  const grant: Grant = {
    namespace,
    roleRef: binding['roleRef'] as RoleRef,
    binding: `${binding.kind} ${JSON.stringify(namespace === '' ? binding.metadata.name : `${binding.metadata.name}/${namespace}`)}`,
  };
  for (const { kind, name, namespace: home = namespace } of (binding['subjects'] as readonly Subject[] | undefined) ?? []) {
    if (kind === 'ServiceAccount') yield { subject: `User:system:serviceaccount:${home}:${name}`, grant };
    else yield { subject: `${kind}:${name}`, grant };
  }
}

function subjectText({ username }: UserInfo): string {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  return account ? `ServiceAccount ${JSON.stringify(`${account[2]}/${account[1]}`)}` : `User ${JSON.stringify(username)}`;
}
