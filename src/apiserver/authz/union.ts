import type { AccessRequest, Authorizer, Verdict } from './authorizer.ts';

/** The one group nothing is refused to, so that a broken RBAC can be mended. */
export const MASTERS = 'system:masters';

const ALLOWED: Verdict = { allowed: true, reason: '' };
const NOBODY: Verdict = { allowed: false, reason: '' };

/** Asks one after the other; the first that allows or denies decides. At once, unless one has to ask others. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return { authorize: (access) => (access.user.groups.includes(MASTERS) ? ALLOWED : ask(authorizers, access, { from: 0, said: NOBODY })) };
}

interface SoFar {
  /** Whose turn it is. */
  readonly from: number;
  /** What those before had to say, none of whom had an opinion. */
  readonly said: Verdict;
}

function ask(authorizers: readonly Authorizer[], access: AccessRequest, { from, said }: SoFar): Verdict | Promise<Verdict> {
  let known = said;
  for (let at = from; at < authorizers.length; at++) {
    const verdict = authorizers[at]!.authorize(access);
    if (verdict instanceof Promise) return verdict.then((late) => (decides(late) ? late : ask(authorizers, access, { from: at + 1, said: both(known, late) })));
    if (decides(verdict)) return verdict;
    known = both(known, verdict);
  }
  return known;
}

const decides = ({ allowed, denied }: Verdict): boolean => allowed || denied === true;

function both(a: Verdict, b: Verdict): Verdict {
  if (b.reason === '' && b.error === undefined) return a;
  if (a === NOBODY) return b;
  const error = [a.error, b.error].filter((one) => one !== undefined).join(', ');
  return { allowed: false, reason: [a.reason, b.reason].filter((one) => one !== '').join('\n'), ...(error === '' ? {} : { error }) };
}
