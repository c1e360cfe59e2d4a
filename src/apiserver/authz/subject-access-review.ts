/** An access request as the spec of a SubjectAccessReview: what webhooks are sent, and what their match conditions see. */
import { BOOL, listOf, mapOf, objectOf, STRING, type CelType } from '../../cel/types.ts';
import { compileExpression, type Compiled } from '../../cel/compile.ts';
import type { AccessRequest } from './authorizer.ts';

/** SubjectAccessReviewSpec, as it is sent. */
export interface ReviewSpec {
  readonly resourceAttributes?: object;
  readonly nonResourceAttributes?: object;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly extra?: object;
  readonly uid?: string;
}

/** Without what is empty, as Go leaves it out. */
export function reviewSpec({ user, isResource, verb, group, version, resource, subresource, namespace, name, path, fieldTerms, labelTerms }: AccessRequest): ReviewSpec {
  const { username, groups, uid, extra } = user;
  return {
    ...(isResource
      ? {
        resourceAttributes: {
          ...filled({ namespace, verb, group, version, resource, subresource, name }),
          ...(fieldTerms?.length ? { fieldSelector: { requirements: fieldTerms } } : {}),
          ...(labelTerms?.length ? { labelSelector: { requirements: labelTerms } } : {}),
        },
      }
      : { nonResourceAttributes: filled({ path, verb }) }),
    ...(username === '' ? {} : { user: username }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
    ...(uid ? { uid } : {}),
  };
}

const filled = (fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

/** `request` in expressions: strings are there even where they are empty. */
export function reviewVariables(access: AccessRequest) {
  const { user: { username, groups, uid = '', extra = {} }, verb, group, version, resource, subresource, namespace, name, path } = access;
  const { resourceAttributes } = reviewSpec(access);
  return {
    request: {
      user: username, groups, uid, extra,
      ...(resourceAttributes ? { resourceAttributes: { ...resourceAttributes, namespace, verb, group, version, resource, subresource, name } } : { nonResourceAttributes: { path, verb } }),
    },
  };
}

const fields = (types: Readonly<Record<string, CelType>>) => Object.fromEntries(Object.entries(types).map(([property, type]) => [property, { property, type }]));
const texts = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, STRING]));
const requirement = objectOf('kubernetes.SelectorRequirement', fields({ ...texts('key', 'operator'), values: listOf(STRING) }));
const selector = (name: string) => objectOf(`kubernetes.${name}Attributes`, fields({ rawSelector: STRING, requirements: listOf(requirement) }));
const REQUEST = objectOf('kubernetes.SubjectAccessReviewSpec', fields({
  resourceAttributes: objectOf('kubernetes.ResourceAttributes', fields({
    ...texts('namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'), fieldSelector: selector('FieldSelector'), labelSelector: selector('LabelSelector'),
  })),
  nonResourceAttributes: objectOf('kubernetes.NonResourceAttributes', fields(texts('path', 'verb'))),
  ...texts('user', 'uid'), groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)),
}));

/** A match condition of a webhook authorizer. */
export const compileReviewCondition = (source: string): Compiled => compileExpression(source, { variables: { request: REQUEST }, returns: [BOOL] });
