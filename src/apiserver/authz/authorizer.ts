import type { LabelSelectorRequirement } from '../../meta/label-selector.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { SelectorTerm } from './selector-terms.ts';

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
  /** What a list, a watch or a deletion of many is narrowed to (KEP-4601). */
  readonly fieldTerms?: readonly SelectorTerm[];
  readonly labelTerms?: readonly LabelSelectorRequirement[];
  /** For paths that are no resources. */
  readonly path: string;
}

/** Verbs that selectors narrow. */
export const OF_MANY: readonly string[] = ['list', 'watch', 'deletecollection'];

/** What neither allows nor denies has no opinion: another may have one. */
export interface Verdict {
  readonly allowed: boolean;
  /** Nobody else is asked. */
  readonly denied?: boolean;
  /** Why, for SubjectAccessReviews and audit. */
  readonly reason: string;
  /** What went wrong while deciding. */
  readonly error?: string;
}

/** Answers at once where it can: a promise is for those that have to ask others. */
export interface Authorizer {
  authorize(request: AccessRequest): Verdict | Promise<Verdict>;
}
