import { list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const nodeSelector = part(() =>
  object('api.core.v1.NodeSelector', {
    nodeSelectorTerms: list(nodeSelectorTerm()).required().tag(1).describe('Alternatives, of which one must hold.'),
  }).atomic());
export type NodeSelector = TypeOf<ReturnType<typeof nodeSelector>>;

export const nodeSelectorRequirement = part(() =>
  object('api.core.v1.NodeSelectorRequirement', {
    key: string().required().tag(1).describe('The label or field.'),
    operator: string().required().tag(2).describe('In, NotIn, Exists, DoesNotExist, Gt or Lt.'),
    values: list(string()).tag(3).describe('What it is compared with; one integer for Gt and Lt, nothing for Exists and DoesNotExist.'),
  }));
export type NodeSelectorRequirement = TypeOf<ReturnType<typeof nodeSelectorRequirement>>;

export const nodeSelectorTerm = part(() =>
  object('api.core.v1.NodeSelectorTerm', {
    matchExpressions: list(nodeSelectorRequirement()).tag(1).describe('Demands on the node\'s labels, all of which must hold.'),
    matchFields: list(nodeSelectorRequirement()).tag(2).describe('Demands on the node\'s fields; metadata.name is the only one.'),
  }).atomic());
export type NodeSelectorTerm = TypeOf<ReturnType<typeof nodeSelectorTerm>>;

export const topologySelectorLabelRequirement = part(() =>
  object('api.core.v1.TopologySelectorLabelRequirement', {
    key: string().required().tag(1).describe('The label.'),
    values: list(string()).required().tag(2).describe('What it may say.'),
  }));
export type TopologySelectorLabelRequirement = TypeOf<ReturnType<typeof topologySelectorLabelRequirement>>;

export const topologySelectorTerm = part(() =>
  object('api.core.v1.TopologySelectorTerm', {
    matchLabelExpressions: list(topologySelectorLabelRequirement()).tag(1).describe('Demands on labels, all of which must hold.'),
  }).atomic());
export type TopologySelectorTerm = TypeOf<ReturnType<typeof topologySelectorTerm>>;
