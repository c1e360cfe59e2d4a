import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const nodeSelector = part(() =>
  object('api.core.v1.NodeSelector', {
    nodeSelectorTerms: list(nodeSelectorTerm()).required().tag(1),
  }).atomic());
export type NodeSelector = TypeOf<ReturnType<typeof nodeSelector>>;

export const nodeSelectorRequirement = part(() =>
  object('api.core.v1.NodeSelectorRequirement', {
    key: string().required().tag(1),
    operator: string().required().tag(2),
    values: list(string()).tag(3),
  }));
export type NodeSelectorRequirement = TypeOf<ReturnType<typeof nodeSelectorRequirement>>;

export const nodeSelectorTerm = part(() =>
  object('api.core.v1.NodeSelectorTerm', {
    matchExpressions: list(nodeSelectorRequirement()).tag(1),
    matchFields: list(nodeSelectorRequirement()).tag(2),
  }).atomic());
export type NodeSelectorTerm = TypeOf<ReturnType<typeof nodeSelectorTerm>>;

export const topologySelectorLabelRequirement = part(() =>
  object('api.core.v1.TopologySelectorLabelRequirement', {
    key: string().required().tag(1),
    values: list(string()).required().tag(2),
  }));
export type TopologySelectorLabelRequirement = TypeOf<ReturnType<typeof topologySelectorLabelRequirement>>;

export const topologySelectorTerm = part(() =>
  object('api.core.v1.TopologySelectorTerm', {
    matchLabelExpressions: list(topologySelectorLabelRequirement()).tag(1),
  }).atomic());
export type TopologySelectorTerm = TypeOf<ReturnType<typeof topologySelectorTerm>>;
