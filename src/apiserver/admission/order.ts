import type { AdmissionConfig } from '../config.ts';
import type { AdmissionPlugin } from './admission.ts';
import { alwaysPullImages } from './plugins/always-pull-images.ts';
import { certificateRequester } from './plugins/certificate-requester.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './plugins/certificate-signers.ts';
import { defaultIngressClass } from './plugins/default-ingress-class.ts';
import { defaultStorageClass } from './plugins/default-storage-class.ts';
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts';
import { deviceAdminAccess } from './plugins/device-admin-access.ts';
import { eventRateLimit } from './plugins/event-rate-limit.ts';
import { extendedResourceToleration } from './plugins/extended-resource-toleration.ts';
import { limitRanger } from './plugins/limit-ranger.ts';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts';
import { nodeRestriction } from './plugins/node-restriction.ts';
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.ts';
import { podNodeSelector } from './plugins/pod-node-selector.ts';
import { podSecurity } from './plugins/pod-security.ts';
import { policyParams } from './plugins/policy-params.ts';
import { priority } from './plugins/priority.ts';
import { rbacEscalation } from './plugins/rbac-escalation.ts';
import { resourceQuota } from './plugins/resource-quota.ts';
import { runtimeClass } from './plugins/runtime-class.ts';
import { serviceAccount } from './plugins/service-account.ts';
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts';
import { mutatingAdmissionPolicy } from './policy/mutating.ts';
import { validatingAdmissionPolicy } from './policy/validating.ts';
import { mutatingWebhooks } from './webhook/mutating.ts';
import { validatingWebhooks } from './webhook/validating.ts';

/** The admission plugins, in the order they are asked. */
const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  alwaysPullImages,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  podNodeSelector,
  extendedResourceToleration,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  deviceAdminAccess,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  certificateRequester,
  defaultIngressClass,
  eventRateLimit,
  rbacEscalation,
  policyParams,
  mutatingAdmissionPolicy,
  mutatingWebhooks,
  validatingAdmissionPolicy,
  validatingWebhooks,
  // Last: what is refused by others must not be charged.
  resourceQuota,
];

const OFF_BY_DEFAULT: ReadonlySet<AdmissionPlugin> = new Set([alwaysPullImages, eventRateLimit, extendedResourceToleration, podNodeSelector]);
/** Checks that upstream makes elsewhere, under no plugin's name: nobody can do without them. */
const NAMELESS: ReadonlySet<AdmissionPlugin> = new Set([rbacEscalation, policyParams, certificateRequester]);

/**
 * The plugins that are on.
 * @throws Error where a name is not known, or both on and off
 */
export function choosePlugins({ enable = [], disable = [] }: Pick<AdmissionConfig, 'enable' | 'disable'> = {}): readonly AdmissionPlugin[] {
  const names = new Set(PLUGINS.filter((plugin) => !NAMELESS.has(plugin)).map(({ name }) => name));
  for (const [flag, wanted] of [['enable', enable], ['disable', disable]] as const) {
    for (const name of wanted) if (!names.has(name)) throw new Error(`${flag}-admission-plugins plugin ${JSON.stringify(name)} is unknown`);
  }
  const both = enable.filter((name) => disable.includes(name));
  if (both.length > 0) throw new Error(`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`);
  return PLUGINS.filter((plugin) => !disable.includes(plugin.name) && (!OFF_BY_DEFAULT.has(plugin) || enable.includes(plugin.name)));
}
