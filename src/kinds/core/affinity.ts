import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { nodeSelector, nodeSelectorTerm } from './node-selector.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const affinity = part(() =>
  object('api.core.v1.Affinity', {
    nodeAffinity: nodeAffinity().tag(1),
    podAffinity: podAffinity().tag(2),
    podAntiAffinity: podAntiAffinity().tag(3),
  }));
export type Affinity = TypeOf<ReturnType<typeof affinity>>;

export const nodeAffinity = part(() =>
  object('api.core.v1.NodeAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: nodeSelector().tag(1),
    preferredDuringSchedulingIgnoredDuringExecution: list(preferredSchedulingTerm()).tag(2),
  }));
export type NodeAffinity = TypeOf<ReturnType<typeof nodeAffinity>>;

export const podAffinity = part(() =>
  object('api.core.v1.PodAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm()).tag(1),
    preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm()).tag(2),
  }));
export type PodAffinity = TypeOf<ReturnType<typeof podAffinity>>;

export const podAffinityTerm = part(() =>
  object('api.core.v1.PodAffinityTerm', {
    labelSelector: labelSelector().tag(1),
    namespaces: list(string()).tag(2),
    topologyKey: string().required().tag(3),
    namespaceSelector: labelSelector().tag(4),
    matchLabelKeys: list(string()).tag(5),
    mismatchLabelKeys: list(string()).tag(6),
  }));
export type PodAffinityTerm = TypeOf<ReturnType<typeof podAffinityTerm>>;

export const podAntiAffinity = part(() =>
  object('api.core.v1.PodAntiAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm()).tag(1),
    preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm()).tag(2),
  }));
export type PodAntiAffinity = TypeOf<ReturnType<typeof podAntiAffinity>>;

export const preferredSchedulingTerm = part(() =>
  object('api.core.v1.PreferredSchedulingTerm', {
    weight: int32().required().tag(1),
    preference: nodeSelectorTerm().required().default({}).tag(2),
  }));
export type PreferredSchedulingTerm = TypeOf<ReturnType<typeof preferredSchedulingTerm>>;

export const weightedPodAffinityTerm = part(() =>
  object('api.core.v1.WeightedPodAffinityTerm', {
    weight: int32().required().tag(1),
    podAffinityTerm: podAffinityTerm().required().default({}).tag(2),
  }));
export type WeightedPodAffinityTerm = TypeOf<ReturnType<typeof weightedPodAffinityTerm>>;
