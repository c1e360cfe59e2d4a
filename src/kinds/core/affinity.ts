import { int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { nodeSelector, nodeSelectorTerm } from './node-selector.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const affinity = part(() =>
  object('api.core.v1.Affinity', {
    nodeAffinity: nodeAffinity().tag(1).describe('On which nodes the pod runs.'),
    podAffinity: podAffinity().tag(2).describe('Beside which pods it runs.'),
    podAntiAffinity: podAntiAffinity().tag(3).describe('Apart from which pods it runs.'),
  }));
export type Affinity = TypeOf<ReturnType<typeof affinity>>;

export const nodeAffinity = part(() =>
  object('api.core.v1.NodeAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: nodeSelector().tag(1).describe('What a node must fulfil; later changes of the node do not matter.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(preferredSchedulingTerm()).tag(2).describe('Wishes, each with its weight.'),
  }));
export type NodeAffinity = TypeOf<ReturnType<typeof nodeAffinity>>;

export const podAffinity = part(() =>
  object('api.core.v1.PodAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm()).tag(1).describe('Demands that must all hold; later changes do not matter.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm()).tag(2).describe('Wishes, each with its weight.'),
  }));
export type PodAffinity = TypeOf<ReturnType<typeof podAffinity>>;

export const podAffinityTerm = part(() =>
  object('api.core.v1.PodAffinityTerm', {
    labelSelector: labelSelector().tag(1).describe('The pods that are meant.'),
    namespaces: list(string()).tag(2).describe('Namespaces they are looked for in; the pod\'s own if neither this nor namespaceSelector is set.'),
    topologyKey: string().required().tag(3).describe('The label of nodes that says what counts as the same place.'),
    namespaceSelector: labelSelector().tag(4).describe('Namespaces they are looked for in, by label; {} means all.'),
    matchLabelKeys: list(string()).tag(5).describe('Labels whose values those pods share with this one.'),
    mismatchLabelKeys: list(string()).tag(6).describe('Labels whose values those pods do not share with this one.'),
  }));
export type PodAffinityTerm = TypeOf<ReturnType<typeof podAffinityTerm>>;

export const podAntiAffinity = part(() =>
  object('api.core.v1.PodAntiAffinity', {
    requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm()).tag(1).describe('Demands that must all hold; later changes do not matter.'),
    preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm()).tag(2).describe('Wishes, each with its weight.'),
  }));
export type PodAntiAffinity = TypeOf<ReturnType<typeof podAntiAffinity>>;

export const preferredSchedulingTerm = part(() =>
  object('api.core.v1.PreferredSchedulingTerm', {
    weight: int32().required().tag(1).describe('From 1 to 100; weights of fulfilled wishes add up.'),
    preference: nodeSelectorTerm().required().default({}).tag(2).describe('The wish.'),
  }));
export type PreferredSchedulingTerm = TypeOf<ReturnType<typeof preferredSchedulingTerm>>;

export const weightedPodAffinityTerm = part(() =>
  object('api.core.v1.WeightedPodAffinityTerm', {
    weight: int32().required().tag(1).describe('From 1 to 100; weights of fulfilled wishes add up.'),
    podAffinityTerm: podAffinityTerm().required().default({}).tag(2).describe('The wish.'),
  }));
export type WeightedPodAffinityTerm = TypeOf<ReturnType<typeof weightedPodAffinityTerm>>;
