import type { UserInfo } from '../../wire/api.ts';

/** What is to be allowed (authorizer.Attributes upstream). */
export interface AccessRequest {
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What a list, a watch or a deletion of many is narrowed to, as the request says it. */
  readonly fieldSelector?: string;
  /** For paths that are no resources. */
  readonly path: string;
}

/** Verbs that selectors narrow. */
export const OF_MANY: readonly string[] = ['list', 'watch', 'deletecollection'];

export interface Verdict {
  readonly allowed: boolean;
  /** Why, for SubjectAccessReviews and audit. */
  readonly reason: string;
}

export interface Authorizer {
  authorize(request: AccessRequest): Verdict;
}
