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
  /** For paths that are no resources. */
  readonly path: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Why, for SubjectAccessReviews and audit. */
  readonly reason: string;
}

export interface Authorizer {
  authorize(request: AccessRequest): Verdict;
}
