/** From a file's text to a complete configuration: decoded strictly, defaults filled in, validated. Pure. */
import { isRecord } from '../../meta/own.ts';
import { readYaml } from '../../meta/yaml.ts';
import { canonicalize } from '../../schema/decode.ts';
import { fillDefaults } from '../../schema/defaults.ts';
import type { SchemaNode } from '../../schema/node.ts';
import { DEFAULT_HARD } from '../eviction/thresholds.ts';
import { kubeletConfiguration } from './configuration.ts';
import type { KubeletConfiguration } from './configuration.ts';
import { configurationErrors } from './validate.ts';

const API_VERSION = 'kubelet.config.k8s.io/v1beta1';
const KIND = 'KubeletConfiguration';

/** Some fields of a configuration, as they are written. */
export type GivenConfiguration = Readonly<Record<string, unknown>>;

/** What a file says, and no more. Upstream goes on with what it knows of a file that says more; here that is a mistake. @throws Error in upstream's words */
export function readConfiguration(text: string): GivenConfiguration {
  const { value, duplicates } = readYaml(text);
  if (!isRecord(value)) throw new Error(`failed to decode: couldn't get version/kind; json parse error: json: cannot unmarshal ${value === null ? 'null' : typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  const { apiVersion, kind, ...fields } = value;
  if (!kind) throw new Error(`failed to decode: Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (!apiVersion) throw new Error(`failed to decode: Object 'apiVersion' is missing in '${JSON.stringify(value)}'`);
  if (apiVersion !== API_VERSION || kind !== KIND) throw new Error(`failed to decode: no kind "${String(kind)}" is registered for version "${String(apiVersion)}" in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`);
  const { value: given, problems } = canonicalize<GivenConfiguration>(kubeletConfiguration.node, fields, (why) => new Error(`failed to decode: ${why}`));
  const all = [...duplicates.map((duplicate) => `yaml: unmarshal errors:\n  ${duplicate}`), ...problems];
  if (all.length > 0) throw new Error(`failed to decode: strict decoding error: ${all.join(', ')}`);
  return given;
}

/**
 * The effective configuration.
 * @param own what stands in place of upstream's defaults where the file says nothing
 * @throws Error that names everything wrong
 */
export function completeConfiguration(given: GivenConfiguration, own: GivenConfiguration = {}): KubeletConfiguration {
  const said = withoutZeroSpans(kubeletConfiguration.node, { ...own, ...given }) as GivenConfiguration;
  const configuration = dependent(fillDefaults(kubeletConfiguration.node, said) as KubeletConfiguration, said);
  const errors = configurationErrors(configuration);
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`);
  return configuration;
}

/** A duration of nothing is no wish: Go cannot tell it from an absent one. */
function withoutZeroSpans(node: SchemaNode, value: unknown): unknown {
  if (node.type !== 'object' || !isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, field]) => {
    const below = node.fields[key];
    return below?.type === 'duration' && field === '0s' ? [] : [[key, below ? withoutZeroSpans(below, field) : field]];
  }));
}

/** Defaults that depend on what else was said. */
function dependent(filled: KubeletConfiguration, said: GivenConfiguration): KubeletConfiguration {
  const { maxParallelImagePulls, evictionHard, podPidsLimit, nodeStatusUpdateFrequency, crashLoopBackOff, mergeDefaultEvictionSettings } = filled;
  return {
    ...filled,
    serializeImagePulls: filled.serializeImagePulls ?? (maxParallelImagePulls === undefined || maxParallelImagePulls < 2),
    evictionHard: evictionHard && !mergeDefaultEvictionSettings ? evictionHard : { ...DEFAULT_HARD, ...evictionHard },
    podPidsLimit: podPidsLimit < 0 ? -1 : podPidsLimit,
    ...(said.nodeStatusReportFrequency === undefined && said.nodeStatusUpdateFrequency !== undefined ? { nodeStatusReportFrequency: nodeStatusUpdateFrequency } : {}),
    crashLoopBackOff: { maxContainerRestartPeriod: '5m0s', ...crashLoopBackOff },
  };
}
