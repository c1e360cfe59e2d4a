import type { CertificateSigningRequestCondition } from './certificate-signing-request.ts';

type Conditions = readonly CertificateSigningRequestCondition[];

/** Each condition with the times it came without: those of the same type and status before, else now. */
export function stampConditions(conditions: Conditions, before: Conditions, now: string): Conditions {
  return conditions.map((condition) => {
    const { type, status, lastUpdateTime, lastTransitionTime } = condition;
    if (lastUpdateTime && lastTransitionTime) return condition;
    const same = before.find((one) => one.type === type && one.status === status && one.lastTransitionTime);
    return { ...condition, lastUpdateTime: lastUpdateTime ?? now, lastTransitionTime: lastTransitionTime ?? same?.lastTransitionTime ?? now };
  });
}

/** A status update leaves decisions as they stand; where it has more or fewer of them, validation says so. */
export function keepDecisions(conditions: Conditions, before: Conditions): Conditions {
  return ['Approved', 'Denied'].reduce<Conditions>((current, type) => {
    const kept = before.filter((one) => one.type === type);
    if (current.filter((one) => one.type === type).length !== kept.length) return current;
    let next = 0;
    return current.map((one) => (one.type === type ? kept[next++]! : one));
  }, conditions);
}

/** `Approved,Issued`: what `kubectl get` shows. */
export function conditionText(conditions: Conditions = [], certificate = ''): string {
  const has = (type: string): boolean => conditions.some((one) => one.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${certificate ? ',Issued' : ''}`;
}
