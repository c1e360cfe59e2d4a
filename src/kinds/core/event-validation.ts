/** Events of either group: the two are views of one object. */
import { type FieldPath, invalid, required } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';

interface EventLike {
  readonly metadata: { readonly namespace?: string };
  readonly eventTime?: string | null;
  readonly reason?: string;
  readonly action?: string;
  readonly type?: string;
  readonly message?: string;
  readonly reportingInstance?: string;
}

const MAX_WORD = 128;
const MAX_NOTE = 1024;

function* wordErrors(word: string | undefined, at: FieldPath): Errors {
  if (!word) yield required(at);
  else if (word.length > MAX_WORD) yield invalid(at, '', `can have at most ${MAX_WORD} characters`);
}

/** What the two groups name differently. */
interface Particulars {
  /** The namespace of the object that the event is about. */
  readonly about: string | undefined;
  /** The field that names the reporting controller, and what it says. */
  readonly reporter: readonly [field: string, value: string | undefined];
}

/** Events with a time of their own are of the newer sort, which must say more. */
export function* eventErrors(event: EventLike, { about, reporter }: Particulars, at: FieldPath): Errors {
  const here = at.child('involvedObject').child('namespace');
  const { namespace = '' } = event.metadata;
  const MISMATCH = 'does not match event.namespace';
  if (!event.eventTime) {
    if (about ? about !== namespace : namespace !== 'default') yield invalid(here, about ?? '', MISMATCH);
    return;
  }
  if (!about && namespace !== 'default' && namespace !== 'kube-system') yield invalid(here, '', MISMATCH);
  const [field, controller] = reporter;
  if (!controller) yield required(at.child(field));
  yield* problemsAt(at.child(field), controller ?? '', qualifiedNameProblems(controller ?? ''));
  yield* wordErrors(event.reportingInstance, at.child('reportingInstance'));
  yield* wordErrors(event.action, at.child('action'));
  yield* wordErrors(event.reason, at.child('reason'));
  if ((event.message?.length ?? 0) > MAX_NOTE) yield invalid(at.child('message'), '', `can have at most ${MAX_NOTE} characters`);
}
