import { boolean, list, map, object, part, string, type TypeOf } from '../../schema/field.ts';
import { fieldSelectorRequirement } from '../meta/field-selector-attributes.ts';
import { labelSelectorRequirement } from '../meta/label-selector.ts';

export const fieldSelectorAttributes = part(() =>
  object('api.authorization.v1.FieldSelectorAttributes', {
    rawSelector: string().tag(1).describe('The selector as text.'),
    requirements: list(fieldSelectorRequirement()).tag(2).describe('Its terms.'),
  }));
export type FieldSelectorAttributes = TypeOf<ReturnType<typeof fieldSelectorAttributes>>;

export const labelSelectorAttributes = part(() =>
  object('api.authorization.v1.LabelSelectorAttributes', {
    rawSelector: string().tag(1).describe('The selector as text.'),
    requirements: list(labelSelectorRequirement()).tag(2).describe('Its terms.'),
  }));
export type LabelSelectorAttributes = TypeOf<ReturnType<typeof labelSelectorAttributes>>;

export const nonResourceAttributes = part(() =>
  object('api.authorization.v1.NonResourceAttributes', {
    path: string().tag(1).describe('The path.'),
    verb: string().tag(2).describe('The HTTP method, in lower case.'),
  }));
export type NonResourceAttributes = TypeOf<ReturnType<typeof nonResourceAttributes>>;

export const resourceAttributes = part(() =>
  object('api.authorization.v1.ResourceAttributes', {
    namespace: string().tag(1).describe('The namespace; all if empty.'),
    verb: string().tag(2).describe('get, list, watch, create and so on.'),
    group: string().tag(3).describe('The resource\'s group; * for all.'),
    version: string().tag(4).describe('Its version; * for all.'),
    resource: string().tag(5).describe('The resource; * for all.'),
    subresource: string().tag(6).describe('Its subresource.'),
    name: string().tag(7).describe('The object\'s name; all if empty.'),
    fieldSelector: fieldSelectorAttributes().tag(8).describe('Which objects, by field.'),
    labelSelector: labelSelectorAttributes().tag(9).describe('Which objects, by label.'),
  }));
export type ResourceAttributes = TypeOf<ReturnType<typeof resourceAttributes>>;

export const subjectAccessReviewSpec = part(() =>
  object('api.authorization.v1.SubjectAccessReviewSpec', {
    resourceAttributes: resourceAttributes().tag(1).describe('Of a resource.'),
    nonResourceAttributes: nonResourceAttributes().tag(2).describe('Of a path.'),
    user: string().tag(3).describe('The user asked about.'),
    groups: list(string()).tag(4).describe('The user\'s groups.'),
    extra: map(list(string())).tag(5).describe('What else is known of the user.'),
    uid: string().tag(6).describe('The user\'s UID.'),
  }));
export type SubjectAccessReviewSpec = TypeOf<ReturnType<typeof subjectAccessReviewSpec>>;

export const subjectAccessReviewStatus = part(() =>
  object('api.authorization.v1.SubjectAccessReviewStatus', {
    allowed: boolean().required().default(false).tag(1).describe('Whether it is allowed.'),
    reason: string().tag(2).describe('Why.'),
    evaluationError: string().tag(3).describe('What went wrong while deciding.'),
    denied: boolean().tag(4).describe('Whether it is forbidden, not only not allowed.'),
  }));
export type SubjectAccessReviewStatus = TypeOf<ReturnType<typeof subjectAccessReviewStatus>>;
