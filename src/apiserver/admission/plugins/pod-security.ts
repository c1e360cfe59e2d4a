import type { Container, EphemeralContainer } from '../../../kinds/core/container.ts';
import type { PodSpec } from '../../../kinds/core/pod-spec.ts';
import { forbiddenRequest, invalidObject } from '../../../meta/api-error.ts';
import type { FieldError } from '../../../meta/field-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { labels } from '../../../base/metrics/family.ts';
import { violationsOf } from '../../../rules/pod-security/checks.ts';
import { isStricter, type Mode, type Policy, policyOf, sameStandard, type Standard, standardText } from '../../../rules/pod-security/policy.ts';
import { type Checked, detailsOf, reasonsOf, type Violation } from '../../../rules/pod-security/violation.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const LATEST_PRIVILEGED: Standard = { level: 'privileged', version: 'latest' };
const PRIVILEGED: Policy = { enforce: LATEST_PRIVILEGED, audit: LATEST_PRIVILEGED, warn: LATEST_PRIVILEGED };
const PREFIX = 'pod-security.kubernetes.io';
/** With more pods than these a changed namespace is told that not all were looked at. */
const MOST_PODS = 3000;

/**
 * Holds pods to the Pod Security Standard that their namespace's labels ask for: it refuses, warns or tells audit (KEP-2579).
 * What makes pods is let through: its author is warned, its pods are refused.
 */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  on: {
    operations: ['CREATE', 'UPDATE'],
    resources: [
      'namespaces', 'pods', 'podtemplates', 'replicationcontrollers', 'daemonsets.apps', 'deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'cronjobs.batch', 'jobs.batch',
    ],
    subresources: ['', 'ephemeralcontainers', 'resize'],
  },

  validate(attributes, core) {
    if (attributes.kind.plural === 'namespaces') checkNamespace(attributes, core);
    else if (attributes.kind.plural === 'pods') checkPod(attributes, core);
    else checkController(attributes, core);
  },
};

/** Namespaces' labels never change where they are: a changed namespace has others. */
const known = new WeakMap<Readonly<Record<string, string>>, ReturnType<typeof policyOf>>();

function policyFor({ metadata }: AnyObject, { config }: Core): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const defaults = config.admission?.plugins?.podSecurity?.defaults ?? PRIVILEGED;
  if (!metadata.labels) return { policy: defaults, errors: [] };
  const kept = known.get(metadata.labels);
  if (kept) return kept;
  const policy = policyOf(metadata.labels, defaults);
  known.set(metadata.labels, policy);
  return policy;
}

function checkNamespace({ object, old, warn, name }: Attributes, core: Core): void {
  const { policy, errors } = policyFor(object, core);
  const before = old && policyFor(old, core);
  if (errors.length > 0 && messages(errors) !== messages(before?.errors ?? [])) throw invalidObject({ group: '', kind: 'Namespace' }, name, errors);
  if (!before || isExempt(core, 'namespaces', name)) return;
  const [now, was] = [policy.enforce, before.policy.enforce];
  if (sameStandard(now, was) || now.level === 'privileged' || (now.version === was.version && !isStricter(now.level, was.level))) return;
  for (const warning of violators(core, name, now)) warn(warning);
}

const messages = (errors: readonly FieldError[]): string => errors.map(({ field, message }) => `${field}: ${message}`).join();

/** The pods that are there and would not be let in now. */
function violators(core: Core, namespace: string, standard: Standard): readonly string[] {
  const pods = [...(core.resources.of('', 'pods')?.cache.list(namespace) ?? [])].map(({ object }) => object);
  const named = new Map<string, string[]>();
  for (const pod of pods.slice(0, MOST_PODS)) {
    const checked = podOf(pod);
    if (isExempt(core, 'runtimeClasses', checked.spec.runtimeClassName)) continue;
    const reasons = reasonsOf(violationsOf(standard, checked));
    if (reasons !== '') named.set(reasons, [...(named.get(reasons) ?? []), pod.metadata.name]);
  }
  const lines = [...named].map(([reasons, names]) => `${names.toSorted()[0]}${others(names.length - 1)}: ${reasons}`).toSorted();
  return [
    ...(pods.length > MOST_PODS ? [`new PodSecurity enforce level only checked against the first ${MOST_PODS} of ${pods.length} existing pods`] : []),
    ...(lines.length > 0 ? [`existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(standardText(standard))}`] : []),
    ...lines,
  ];
}

const others = (count: number): string => (count === 0 ? '' : ` (and ${count} other ${count === 1 ? 'pod' : 'pods'})`);

function checkPod(attributes: Attributes, core: Core): void {
  const { object, old } = attributes;
  const found = namespacePolicy(attributes, core);
  if (found && !(old && sameToUs(podOf(object), podOf(old)))) judge(attributes, core, { ...found, pod: podOf(object), enforce: true });
}

function checkController(attributes: Attributes, core: Core): void {
  const template = templateOf(attributes.object);
  if (!template || attributes.subresource !== '') return;
  const found = namespacePolicy(attributes, core);
  if (found && !(isFree(found.policy.audit) && isFree(found.policy.warn))) judge(attributes, core, { ...found, pod: podOf(template), enforce: false });
}

const isFree = ({ level }: Standard): boolean => level === 'privileged';

/** What is asked in the request's namespace; undefined where nothing is, or not of this user. */
function namespacePolicy(attributes: Attributes, core: Core): ReturnType<typeof policyOf> | undefined {
  const { namespace, user } = attributes;
  const object = core.resources.of('', 'namespaces')?.cache.object('', namespace);
  const found = object && policyFor(object, core);
  if (!found || Object.values(found.policy).every(isFree)) return undefined;
  if (isExempt(core, 'namespaces', namespace)) return exempted(attributes, core, 'namespace');
  if (isExempt(core, 'usernames', user.username)) return exempted(attributes, core, 'user');
  return found;
}

const isExempt = ({ config }: Core, what: 'namespaces' | 'usernames' | 'runtimeClasses', name: string | undefined): boolean =>
  name !== undefined && (config.admission?.plugins?.podSecurity?.exemptions?.[what]?.includes(name) ?? false);

function exempted({ annotate, ...attributes }: Attributes, { metrics }: Core, why: 'namespace' | 'user' | 'runtimeClass'): undefined {
  annotate?.(`${PREFIX}/exempt`, why);
  metrics.podSecurityExemptions.add(labels(requestLabels(attributes)));
}

/** A resource's metrics are counted as `pod` or `controller`, as upstream does. */
const requestLabels = ({ operation, kind, subresource }: Omit<Attributes, 'annotate'>) => ({
  request_operation: operation.toLowerCase(), resource: kind.plural === 'pods' ? 'pod' : 'controller', subresource,
});

interface Case {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
  readonly pod: Checked;
  /** Pods are refused; what makes them is not. */
  readonly enforce: boolean;
}

function judge(attributes: Attributes, core: Core, { policy, errors, pod, enforce }: Case): void {
  const { annotate, warn, kind, name } = attributes;
  if (isExempt(core, 'runtimeClasses', pod.spec.runtimeClassName)) return exempted(attributes, core, 'runtimeClass');
  if (errors.length > 0) annotate?.(`${PREFIX}/error`, `Failed to parse policy: ${messages(errors)}`);
  const found = (mode: Mode): readonly Violation[] => {
    const violations = violationsOf(policy[mode], pod);
    count(attributes, core, { mode, standard: policy[mode], denied: violations.length > 0 });
    return violations;
  };
  if (enforce) annotate?.(`${PREFIX}/enforce-policy`, standardText(policy.enforce));
  const refused = enforce ? found('enforce') : [];
  const audited = found('audit');
  if (audited.length > 0) annotate?.(`${PREFIX}/audit-violations`, would('audit', policy, audited));
  if (refused.length > 0) {
    throw forbiddenRequest({ group: kind.group, plural: kind.plural }, name, `violates PodSecurity ${JSON.stringify(standardText(policy.enforce))}: ${detailsOf(refused)}`);
  }
  const warned = found('warn');
  if (warned.length > 0) warn(would('warn', policy, warned));
}

const would = (mode: Mode, policy: Policy, violations: readonly Violation[]): string =>
  `would violate PodSecurity ${JSON.stringify(standardText(policy[mode]))}: ${detailsOf(violations)}`;

function count(attributes: Attributes, { metrics }: Core, { mode, standard, denied }: { readonly mode: Mode; readonly standard: Standard; readonly denied: boolean }): void {
  // What is only told counts where there is something to tell.
  if (mode !== 'enforce' && !denied) return;
  metrics.podSecurityEvaluations.add(labels({
    decision: denied ? 'deny' : 'allow', mode, policy_level: standard.level, policy_version: standard.version === 'latest' ? 'latest' : `v1.${standard.version}`, ...requestLabels(attributes),
  }));
}

const podOf = ({ metadata, spec }: { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }; readonly spec?: unknown }): Checked =>
  ({ annotations: metadata?.annotations ?? {}, spec: spec as PodSpec });

/** The pod that the object's pods are made by: a PodTemplate's own, a CronJob's by way of its Job. */
function templateOf(object: AnyObject): Parameters<typeof podOf>[0] | undefined {
  interface Template { readonly spec: PodSpec }
  interface Maker { readonly template?: Template; readonly jobTemplate?: { readonly spec?: { readonly template?: Template } } }
  const { template, spec } = object as AnyObject & { readonly template?: Template; readonly spec?: Maker };
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}

/** Of what the standards ask about, an update can only change images, annotations and the ephemeral containers. */
function sameToUs(now: Checked, was: Checked): boolean {
  const seccomp = (pod: Checked) => Object.entries(pod.annotations).filter(([key]) => key.includes('seccomp.security.alpha.kubernetes.io/')).toSorted();
  const images = (containers: readonly (Container | EphemeralContainer)[] = []) => containers.map(({ name, image }) => [name, image]);
  const facts = (pod: Checked) => JSON.stringify([seccomp(pod), images(pod.spec.containers), images(pod.spec.initContainers), images(pod.spec.ephemeralContainers)]);
  return facts(now) === facts(was);
}
