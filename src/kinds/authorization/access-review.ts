import { boolean, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { fieldSelectorRequirement } from '../meta/field-selector-attributes.ts';
import { labelSelectorRequirement } from '../meta/label-selector.ts';

export const fieldSelectorAttributes = part(() =>
  object('api.authorization.v1.FieldSelectorAttributes', {
    rawSelector: string().tag(1),
    requirements: list(fieldSelectorRequirement()).tag(2),
  }));
export type FieldSelectorAttributes = TypeOf<ReturnType<typeof fieldSelectorAttributes>>;

export const labelSelectorAttributes = part(() =>
  object('api.authorization.v1.LabelSelectorAttributes', {
    rawSelector: string().tag(1),
    requirements: list(labelSelectorRequirement()).tag(2),
  }));
export type LabelSelectorAttributes = TypeOf<ReturnType<typeof labelSelectorAttributes>>;

export const nonResourceAttributes = part(() =>
  object('api.authorization.v1.NonResourceAttributes', {
    path: string().tag(1),
    verb: string().tag(2),
  }));
export type NonResourceAttributes = TypeOf<ReturnType<typeof nonResourceAttributes>>;

export const resourceAttributes = part(() =>
  object('api.authorization.v1.ResourceAttributes', {
    namespace: string().tag(1),
    verb: string().tag(2),
    group: string().tag(3),
    version: string().tag(4),
    resource: string().tag(5),
    subresource: string().tag(6),
    name: string().tag(7),
    fieldSelector: fieldSelectorAttributes().tag(8),
    labelSelector: labelSelectorAttributes().tag(9),
  }));
export type ResourceAttributes = TypeOf<ReturnType<typeof resourceAttributes>>;

export const subjectAccessReviewSpec = part(() =>
  object('api.authorization.v1.SubjectAccessReviewSpec', {
    resourceAttributes: resourceAttributes().tag(1),
    nonResourceAttributes: nonResourceAttributes().tag(2),
    user: string().tag(3),
    groups: list(string()).tag(4),
    extra: map(list(string())).tag(5),
    uid: string().tag(6),
  }));
export type SubjectAccessReviewSpec = TypeOf<ReturnType<typeof subjectAccessReviewSpec>>;

export const subjectAccessReviewStatus = part(() =>
  object('api.authorization.v1.SubjectAccessReviewStatus', {
    allowed: boolean().required().default(false).tag(1),
    reason: string().tag(2),
    evaluationError: string().tag(3),
    denied: boolean().tag(4),
  }));
export type SubjectAccessReviewStatus = TypeOf<ReturnType<typeof subjectAccessReviewStatus>>;
