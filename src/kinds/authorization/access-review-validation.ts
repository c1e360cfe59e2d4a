/** What a question of access must say, and may not. */
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import type { Errors } from '../checks.ts';
import type { FieldSelectorAttributes, LabelSelectorAttributes, NonResourceAttributes, ResourceAttributes } from './access-review.ts';

interface Question {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

interface OfSomebody extends Question {
  readonly user?: string;
  readonly groups?: readonly string[];
}

interface Asked<S> {
  readonly metadata: object;
  readonly spec: S;
}

function* questionErrors({ resourceAttributes, nonResourceAttributes }: Question, at: FieldPath): Errors {
  if (resourceAttributes && nonResourceAttributes) {
    yield invalid(at.child('nonResourceAttributes'), nonResourceAttributes, 'cannot be specified in combination with resourceAttributes');
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    yield invalid(at.child('resourceAttributes'), null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified');
  }
  const here = at.child('resourceAttributes');
  if (resourceAttributes?.fieldSelector) yield* selectorErrors(resourceAttributes.fieldSelector, here.child('fieldSelector'));
  if (resourceAttributes?.labelSelector) yield* selectorErrors(resourceAttributes.labelSelector, here.child('labelSelector'));
}

/** As text or as terms. Operators that are not known are somebody else's, and taken. */
function* selectorErrors({ rawSelector = '', requirements = [] }: FieldSelectorAttributes | LabelSelectorAttributes, at: FieldPath): Errors {
  if (rawSelector !== '' && requirements.length > 0) yield invalid(at.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements');
  if (rawSelector === '' && requirements.length === 0) yield required(at.child('requirements'), `when ${at.toString()} is specified, requirements or rawSelector is required`);
}

function* metadataErrors(metadata: object, detail: string, allowed: readonly string[], at: FieldPath): Errors {
  const said = Object.entries(metadata).filter(([field, value]) => !['managedFields', ...allowed].includes(field) && value !== null && value !== '');
  if (said.length > 0) yield invalid(at.child('metadata'), metadata, detail);
}

function* subjectErrors({ user = '', groups = [] }: OfSomebody, at: FieldPath): Errors {
  if (user === '' && groups.length === 0) yield invalid(at.child('user'), user, 'at least one of user or group must be specified');
}

export function* selfReviewErrors({ metadata, spec }: Asked<Question>, at: FieldPath): Errors {
  yield* questionErrors(spec, at.child('spec'));
  yield* metadataErrors(metadata, 'must be empty', [], at);
}

export function* reviewErrors({ metadata, spec }: Asked<OfSomebody>, at: FieldPath): Errors {
  yield* questionErrors(spec, at.child('spec'));
  yield* subjectErrors(spec, at.child('spec'));
  yield* metadataErrors(metadata, 'must be empty', [], at);
}

export function* localReviewErrors({ metadata, spec }: Asked<OfSomebody> & { readonly metadata: { readonly namespace?: string } }, at: FieldPath): Errors {
  yield* questionErrors(spec, at.child('spec'));
  yield* subjectErrors(spec, at.child('spec'));
  yield* metadataErrors(metadata, 'must be empty except for namespace', ['namespace'], at);
  const { resourceAttributes, nonResourceAttributes } = spec;
  const namespace = resourceAttributes?.namespace ?? '';
  if (resourceAttributes && namespace !== (metadata.namespace ?? '')) yield invalid(at.child('spec').child('resourceAttributes').child('namespace'), namespace, 'must match metadata.namespace');
  if (nonResourceAttributes) yield invalid(at.child('spec').child('nonResourceAttributes'), nonResourceAttributes, 'disallowed on this kind of request');
}
