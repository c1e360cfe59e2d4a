/** AdmissionConfiguration (apiserver.config.k8s.io/v1), and the configurations of the plugins that have one. */
import { isRecord } from '../../meta/own.ts';
import { MODES, parseLevel, parseVersion, type Mode, type Policy, type Standard } from '../../rules/pod-security/policy.ts';
import { any, int32, list, object, string, type TypeOf } from '../../schema/field.ts';
import type { EventLimit, PluginConfigs, PodSecurityConfig } from '../config.ts';
import { decode, documentOf, type DocumentKind } from './document.ts';

const admissionConfiguration = object('apiserver.config.v1.AdmissionConfiguration', {
  plugins: list(object('apiserver.config.v1.AdmissionPluginConfiguration', { name: string().required(), path: string(), configuration: any() })),
});
export const ADMISSION: DocumentKind<TypeOf<typeof admissionConfiguration>> = {
  kind: 'AdmissionConfiguration', apiVersions: ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1alpha1'], schema: admissionConfiguration,
};

const podSecurityConfiguration = object('podsecurity.admission.PodSecurityConfiguration', {
  defaults: object('podsecurity.admission.PodSecurityDefaults', {
    enforce: string(), 'enforce-version': string(), audit: string(), 'audit-version': string(), warn: string(), 'warn-version': string(),
  }).default({}),
  exemptions: object('podsecurity.admission.PodSecurityExemptions', { usernames: list(string()), runtimeClasses: list(string()), namespaces: list(string()) }),
});
const POD_SECURITY: DocumentKind<TypeOf<typeof podSecurityConfiguration>> = {
  kind: 'PodSecurityConfiguration', apiVersions: ['v1', 'v1beta1', 'v1alpha1'].map((version) => `pod-security.admission.config.k8s.io/${version}`), schema: podSecurityConfiguration,
};

const eventRateLimitConfiguration = object('eventratelimit.admission.v1alpha1.Configuration', {
  limits: list(object('eventratelimit.admission.v1alpha1.Limit', { type: string().required(), qps: int32().default(0), burst: int32().default(0), cacheSize: int32().default(4096) })),
});
const EVENT_RATE_LIMIT: DocumentKind<TypeOf<typeof eventRateLimitConfiguration>> = {
  kind: 'Configuration', apiVersions: ['eventratelimit.admission.k8s.io/v1alpha1'], schema: eventRateLimitConfiguration,
};


/**
 * What the plugins' configurations say.
 * @param readAt the text of the file that a plugin's `path` names
 * @throws Error in upstream's words
 */
export async function pluginConfigs({ plugins = [] }: TypeOf<typeof admissionConfiguration>, readAt: (path: string) => Promise<unknown>): Promise<PluginConfigs> {
  let configs: PluginConfigs = {};
  for (const { name, path, configuration } of plugins) {
    const said = configuration ?? (path ? await readAt(path) : undefined);
    if (said !== undefined) configs = { ...configs, ...configOf(name, said) };
  }
  return configs;
}

function configOf(name: string, said: unknown): PluginConfigs {
  switch (name) {
    case 'PodSecurity':
      return { podSecurity: podSecurityOf(decode(POD_SECURITY, documentOf(said))) };
    case 'EventRateLimit':
      return { eventRateLimit: eventLimitsOf(decode(EVENT_RATE_LIMIT, documentOf(said))) };
    case 'PodNodeSelector':
      return { podNodeSelector: nodeSelectorsOf(said) };
    default:
      throw new Error(`admission plugin ${JSON.stringify(name)} takes no configuration`);
  }
}

function podSecurityOf({ defaults, exemptions = {} }: TypeOf<typeof podSecurityConfiguration>): PodSecurityConfig {
  const standard = (mode: Mode): Standard => {
    const [level, version] = [defaults?.[mode] || 'privileged', defaults?.[`${mode}-version`] || 'latest'];
    const [parsed, since] = [parseLevel(level), parseVersion(version)];
    if (parsed === undefined) throw new Error(`defaults.${mode}: Invalid value: ${JSON.stringify(level)}: must be one of privileged, baseline, restricted`);
    if (since === undefined) throw new Error(`defaults.${mode}-version: Invalid value: ${JSON.stringify(version)}: must be "latest" or "v1.x"`);
    return { level: parsed, version: since };
  };
  return { defaults: Object.fromEntries(MODES.map((mode) => [mode, standard(mode)])) as Policy, exemptions };
}

const LIMIT_TYPES = ['Server', 'Namespace', 'User', 'SourceAndObject'] as const;

function eventLimitsOf({ limits = [] }: TypeOf<typeof eventRateLimitConfiguration>): readonly EventLimit[] {
  if (limits.length === 0) throw new Error('limits: Invalid value: []: must not be empty');
  return limits.map(({ type, qps, burst, cacheSize }, at) => {
    const known = LIMIT_TYPES.find((one) => one === type);
    if (!known) throw new Error(`limits[${at}].type: Unsupported value: ${JSON.stringify(type)}: supported values: ${LIMIT_TYPES.toSorted().map((one) => `"${one}"`).join(', ')}`);
    for (const [field, value] of Object.entries({ burst, qps })) if (value <= 0) throw new Error(`limits[${at}].${field}: Invalid value: ${value}: must be positive`);
    return { type: known, qps, burst, cacheSize };
  });
}

function nodeSelectorsOf(said: unknown): Readonly<Record<string, string>> {
  const selectors = isRecord(said) ? (said['podNodeSelectorPluginConfig'] ?? {}) : undefined;
  if (!isRecord(selectors) || Object.values(selectors).some((selector) => typeof selector !== 'string')) throw new Error('podNodeSelectorPluginConfig: Invalid value: it maps namespaces to node selectors');
  return selectors as Readonly<Record<string, string>>;
}
